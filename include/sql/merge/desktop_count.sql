-- Desktop rows of the target: all that are not mobile. For the guards, and for the statements of this transaction.
SELECT set_config('hybrid_sync.desktop_rows', (count(*) - {{ mobile_rows }})::text, TRUE)::bigint
FROM {{ plan.target | relation }};
