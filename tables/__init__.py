"""DATA: columns, constraints, relations. No rules."""
