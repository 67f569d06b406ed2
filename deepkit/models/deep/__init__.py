"""Deep networks for images: blocks as tables, towers with shortcuts, a module of Inception in slim, features handed on."""
