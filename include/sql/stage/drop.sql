DROP TABLE IF EXISTS {{ relation | relation }};
