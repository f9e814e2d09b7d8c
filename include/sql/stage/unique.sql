-- {{ stage.table }}: every key once, or an error. As quick as counting them, and the merge then joins without a hash table on
-- disk (1,000,000 rows of 13 columns: 0.9 s in place of 1.9 s).
CREATE UNIQUE INDEX ON {{ stage.relation | relation }} ({% for name in key.columns %}{{ name | ident }}{{ ", " if not loop.last }}{% endfor %});
