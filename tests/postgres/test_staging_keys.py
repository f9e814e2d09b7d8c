"""What staging finds between rows: repeated keys, parents that are missing; and the target's own checks."""

from __future__ import annotations

from typing import Any

import pytest

from hybrid_sync import sql
from hybrid_sync.specs import OnDuplicate, RejectLimit
from tests.postgres.conftest import Cloud, delete_insert, upsert

SOME = RejectLimit(count=100)
REJECTS = "SELECT row_number, column_name, reason FROM hybrid_sync.reject ORDER BY row_number, column_name, reason"
Rows = list[tuple[Any, ...]]


def kept(cloud: Cloud, relation: str, columns: str) -> Rows:
    return cloud.execute(f"SELECT {columns} FROM {sql.relation(relation)} ORDER BY _hybrid_sync_row")


class TestRepeatedKeys:
    LAST = upsert(
        "visits", "office", "day", on_duplicate=OnDuplicate.KEEP_LAST, order_by="changed", max_rejects=SOME
    )  # fmt: skip
    FAIL = upsert("visits", "office", "day", max_rejects=SOME)

    @pytest.fixture(autouse=True)
    def table(self, cloud_db: Cloud) -> None:
        cloud_db.execute(
            """
            CREATE TABLE visits (office int, day date, note text, extra json, changed timestamp, source char(1),
                                 PRIMARY KEY (office, day));
            """
        )

    @staticmethod
    def visit(note: str | None, changed: str | None = "2024-01-01", office: int = 1) -> dict[str, Any]:
        return {"office": office, "day": "2024-01-01", "note": note, "extra": '{"a": 1}', "changed": changed}

    def test_rows_identical_in_every_column_collapse_and_are_counted(self, cloud_db: Cloud) -> None:
        rows = [
            self.visit("a"),
            self.visit(None, office=2),
            self.visit("a"),
            self.visit(None, office=2),
            self.visit("a"),
        ]
        manifest = cloud_db.stage(self.FAIL, rows)
        assert (manifest.row_count, manifest.duplicates, manifest.rejects) == (2, 3, 0)
        assert kept(cloud_db, manifest.relation, "_hybrid_sync_row, note") == [(1, "a"), (2, None)]

    @pytest.mark.parametrize("other", [None, "", "A", "a "])
    def test_rows_that_differ_in_anything_are_all_rejected(self, cloud_db: Cloud, other: str | None) -> None:
        manifest = cloud_db.stage(self.FAIL, [self.visit("a"), self.visit(other), self.visit("b", office=2)])
        assert (manifest.row_count, manifest.duplicates, manifest.rejects) == (1, 0, 2)
        assert cloud_db.execute(REJECTS) == [(row, "office, day", "duplicate key") for row in (1, 2)]

    def test_the_last_by_order_by_stays_and_the_others_are_kept_as_superseded(self, cloud_db: Cloud) -> None:
        rows = [self.visit("new", "2024-03-01"), self.visit("old", "2024-02-01"), self.visit("never", None),
                self.visit("new", "2024-03-01")]  # fmt: skip
        manifest = cloud_db.stage(self.LAST, rows)
        assert kept(cloud_db, manifest.relation, "note") == [("new",)]
        assert (manifest.row_count, manifest.rows_read, manifest.duplicates, manifest.rejects) == (1, 4, 3, 0)
        superseded = "superseded by a later row of the same key"
        assert cloud_db.execute(REJECTS) == [(row, "office, day", superseded) for row in (2, 3)]

    @pytest.mark.parametrize("stamp", ["2024-03-01", None])
    def test_of_two_rows_that_are_both_last_neither_stays(self, cloud_db: Cloud, stamp: str | None) -> None:
        rows = [self.visit("one", stamp), self.visit("two", stamp)]
        manifest = cloud_db.stage(self.LAST, [*rows, self.visit("old", "2024-01-01")] if stamp else rows)
        assert (manifest.row_count, manifest.rejects, manifest.duplicates) == (0, 2, 1 if stamp else 0)
        tied = "duplicate key: another row is as late by changed"
        assert [reason for _, _, reason in cloud_db.execute(REJECTS)[:2]] == [tied, tied]

    def test_a_row_that_is_rejected_for_itself_takes_no_part(self, cloud_db: Cloud) -> None:
        rows = [self.visit("good"), self.visit("bad\0"), self.visit("worse") | {"extra": "{"}]
        manifest = cloud_db.stage(self.FAIL, rows)
        assert kept(cloud_db, manifest.relation, "note") == [("good",)]
        assert manifest.rejects == 2

    def test_many_rows_of_one_key_are_judged_without_comparing_all_with_all(self, cloud_db: Cloud) -> None:
        lenient = upsert("visits", "office", "day", max_rejects=RejectLimit(share=1))
        manifest = cloud_db.stage(lenient, [self.visit(str(number)) for number in range(20_000)])
        assert (manifest.row_count, manifest.rejects) == (0, 20_000)


class TestOtherUniqueKeys:
    @pytest.mark.parametrize(("nulls", "rejects"), [("", 0), ("NULLS NOT DISTINCT", 2)])
    def test_nulls_repeat_as_the_index_says(self, cloud_db: Cloud, nulls: str, rejects: int) -> None:
        cloud_db.execute(f"CREATE TABLE t (id int PRIMARY KEY, a int, b int, source text, UNIQUE {nulls} (a, b))")
        rows = [{"id": 1, "a": None, "b": 1}, {"id": 2, "a": None, "b": 1}, {"id": 3, "a": 5, "b": 1}]
        assert cloud_db.stage(upsert("t", "id", max_rejects=SOME), rows).rejects == rejects

    def test_one_that_holds_the_ownership_column_counts_within_the_desktop(self, cloud_db: Cloud) -> None:
        cloud_db.execute("CREATE TABLE t (id int PRIMARY KEY, a int, source text, UNIQUE (source, a))")
        cloud_db.stage(upsert("t", "id", max_rejects=SOME), [{"id": 1, "a": 5}, {"id": 2, "a": 5}])
        assert cloud_db.execute(REJECTS) == [
            (row, "a", "duplicate value of unique key t_source_a_key") for row in (1, 2)
        ]  # fmt: skip

    def test_it_is_looked_at_where_the_cloud_makes_the_key(self, cloud_db: Cloud) -> None:
        cloud_db.execute("CREATE TABLE t (id bigserial PRIMARY KEY, a int UNIQUE, b text, source text)")
        rows = [{"a": 1, "b": "x"}, {"a": 1, "b": "x"}, {"a": 2, "b": "x"}, {"a": 2, "b": "y"}]
        manifest = cloud_db.stage(delete_insert("t", "id", max_rejects=SOME), rows)
        assert (manifest.row_count, manifest.duplicates, manifest.rejects) == (1, 1, 2)


class TestForeignKeys:
    def test_a_reference_with_a_null_part_references_nothing(self, cloud_db: Cloud) -> None:
        cloud_db.execute(
            """
            CREATE TABLE p (a int, b text, PRIMARY KEY (a, b)); INSERT INTO p VALUES (1, 'x');
            CREATE TABLE t (id int PRIMARY KEY, a int, b text, source text, FOREIGN KEY (a, b) REFERENCES p);
            """
        )
        rows = [{"id": n, "a": a, "b": b} for n, (a, b) in enumerate([(1, "x"), (None, "y"), (9, None), (1, "y")])]
        assert cloud_db.stage(upsert("t", "id", max_rejects=SOME), rows).row_count == 3
        assert cloud_db.execute(REJECTS) == [(4, "a, b", "no such row in public.p (foreign key t_a_b_fkey)")]

    def test_match_full_wants_all_parts_or_none(self, cloud_db: Cloud) -> None:
        cloud_db.execute(
            """
            CREATE TABLE p (a int, b text, PRIMARY KEY (a, b)); INSERT INTO p VALUES (1, 'x');
            CREATE TABLE t (id int PRIMARY KEY, a int, b text, source text,
                            FOREIGN KEY (a, b) REFERENCES p MATCH FULL);
            """
        )
        rows = [{"id": n, "a": a, "b": b} for n, (a, b) in enumerate([(1, "x"), (None, "y"), (None, None)])]
        cloud_db.stage(upsert("t", "id", max_rejects=SOME), rows)
        assert [row for row, _, _ in cloud_db.execute(REJECTS)] == [2]

    def test_a_parent_in_any_partition_will_do(self, cloud_db: Cloud) -> None:
        cloud_db.execute(
            """
            CREATE TABLE p (a int PRIMARY KEY) PARTITION BY RANGE (a);
            CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
            CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
            INSERT INTO p VALUES (1), (11);
            CREATE TABLE t (id int PRIMARY KEY, a int REFERENCES p, source text);
            """
        )
        cloud_db.stage(upsert("t", "id", max_rejects=SOME), [{"id": a, "a": a} for a in (1, 11, 12)])
        assert cloud_db.execute(REJECTS) == [(3, "a", "no such row in public.p (foreign key t_a_fkey)")]

    def test_a_reference_may_be_of_another_type_than_its_parent(self, cloud_db: Cloud) -> None:
        cloud_db.execute(
            """
            CREATE TABLE p (a numeric PRIMARY KEY); INSERT INTO p VALUES (1.00);
            CREATE TABLE t (id int PRIMARY KEY, a int REFERENCES p, source text);
            """
        )
        assert cloud_db.stage(upsert("t", "id", max_rejects=SOME), [{"id": 1, "a": 1}, {"id": 2, "a": 2}]).rejects == 1

    def test_the_ownership_column_is_a_part_of_it(self, cloud_db: Cloud) -> None:
        cloud_db.execute(
            """
            CREATE TABLE p (source char(1), a int, PRIMARY KEY (source, a)); INSERT INTO p VALUES ('D', 1), ('M', 2);
            CREATE TABLE t (id int PRIMARY KEY, a int, source char(1), FOREIGN KEY (source, a) REFERENCES p);
            """
        )
        cloud_db.stage(upsert("t", "id", max_rejects=SOME), [{"id": 1, "a": 1}, {"id": 2, "a": 2}])
        assert [row for row, _, _ in cloud_db.execute(REJECTS)] == [2]

    def test_a_chain_within_the_table_falls_with_its_first_link(self, cloud_db: Cloud) -> None:
        cloud_db.execute(
            "CREATE TABLE t (id int PRIMARY KEY, up int REFERENCES t, n int CHECK (n > 0), source text);"
            "INSERT INTO t VALUES (100, NULL, 1, 'M')"
        )
        rows = [{"id": n, "up": n - 1 if n > 1 else None, "n": 0 if n == 3 else 1} for n in range(1, 8)]
        rows.append({"id": 50, "up": 100, "n": 1})
        manifest = cloud_db.stage(upsert("t", "id", max_rejects=SOME), rows)
        assert kept(cloud_db, manifest.relation, "id") == [(1,), (2,), (50,)]
        assert [row for row, _, _ in cloud_db.execute(REJECTS)] == [3, 4, 5, 6, 7]


class TestChecks:
    def test_null_passes_and_a_check_of_columns_that_the_desktop_lacks_is_left_to_the_merge(
        self, cloud_db: Cloud
    ) -> None:
        cloud_db.execute(
            "CREATE TABLE t (id int PRIMARY KEY, n int CHECK (n > 0), phone text, source text, CHECK (phone > n::text))"
        )
        spec = upsert("t", "id", max_rejects=SOME)
        assert cloud_db.stage(spec, [{"id": 1, "n": None}, {"id": 2, "n": 0}]).rejects == 1
        assert cloud_db.execute(REJECTS) == [(2, "n", "breaks check constraint t_n_check")]

    def test_one_that_is_not_enforced_is_not_applied(self, cloud_db: Cloud) -> None:
        if cloud_db.connection.info.server_version < 180000:
            pytest.skip("NOT ENFORCED is new in PostgreSQL 18")
        cloud_db.execute("CREATE TABLE t (id int PRIMARY KEY, n int CHECK (n > 0) NOT ENFORCED, source text)")
        assert cloud_db.stage(upsert("t", "id"), [{"id": 1, "n": 0}]).row_count == 1

    def test_a_domain_over_a_domain_holds_both_rules_and_not_null(self, cloud_db: Cloud) -> None:
        cloud_db.execute(
            """
            CREATE DOMAIN positive AS numeric(4,1) CHECK (value > 0);
            CREATE DOMAIN small AS positive NOT NULL CHECK (value < 10);
            CREATE TABLE t (id int PRIMARY KEY, n small, source text);
            """
        )
        rows = [{"id": n, "n": value} for n, value in enumerate(["1.5", "0", "10", None, "1.55"], start=1)]
        assert cloud_db.stage(upsert("t", "id", max_rejects=SOME), rows).row_count == 1
        assert cloud_db.execute(REJECTS) == [
            (2, "n", "breaks domain small"), (3, "n", "breaks domain small"),
            (4, "n", "NULL in a column that needs a value"), (5, "n", "more decimals than numeric(4,1) holds"),
        ]  # fmt: skip
