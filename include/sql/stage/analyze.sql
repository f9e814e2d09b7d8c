ANALYZE {{ stage.relation | relation }};
