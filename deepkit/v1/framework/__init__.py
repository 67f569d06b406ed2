"""How `tf` builds graphs: what makes nodes, scopes, control flow, checks, and what answers for unknown names."""
