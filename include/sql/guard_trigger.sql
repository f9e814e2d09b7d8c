-- Optional: a trigger on each target that refuses any change of a mobile row by a merge, foreign key actions included,
-- which row level security does not see. To be run once per cloud by the tables' owner:
--
--     psql "$CLOUD" -v ON_ERROR_STOP=1 -f include/sql/guard_trigger.sql
--
-- It costs a function call for each row that is updated or deleted, the phones' writes included. A merge says what it
-- is by a setting of its own transaction; without the setting the trigger lets everything pass.
CREATE OR REPLACE FUNCTION hybrid_sync.guard_mobile_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('hybrid_sync.merging', TRUE), '') <> ''
       AND (OLD.source = 'D' OR OLD.source IS NULL) IS NOT TRUE THEN
        RAISE EXCEPTION 'guard trigger: the merge of % would % a mobile row of %',
            current_setting('hybrid_sync.merging'), lower(TG_OP), TG_TABLE_NAME
            USING ERRCODE = 'triggered_action_exception';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;

DO $$
DECLARE
    target regclass;
    targets CONSTANT text[] := ARRAY[
        'orgmaster', 'locmaster', 'conmaster', 'climaster', 'cliunimaster', 'taskmaster', 'jobmaster', 'mbstaff',
        'jobshead', 'reminder', 'remdetail', 'learequest', 'jobtasks', 'taskchecklist', 'workdiary'
    ];
BEGIN
    FOREACH target IN ARRAY targets::regclass[] LOOP
        EXECUTE format('DROP TRIGGER IF EXISTS hybrid_sync_guard ON %s', target);
        -- Named to fire before others: triggers of one kind fire in the order of their names.
        EXECUTE format('CREATE TRIGGER hybrid_sync_guard BEFORE UPDATE OR DELETE ON %s'
                       ' FOR EACH ROW EXECUTE FUNCTION hybrid_sync.guard_mobile_rows()', target);
    END LOOP;
END
$$;
