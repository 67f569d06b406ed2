"""How `tf` builds graphs: what makes nodes and variables, scopes, control flow, gradients."""
