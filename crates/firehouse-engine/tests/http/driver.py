"""What clickhouse-connect does with a server: run by driver.rs with the port as argument."""

import datetime
import sys

import clickhouse_connect
from clickhouse_connect.driver.exceptions import DatabaseError


def main(port):
    for compress in (False, "lz4", "zstd", "gzip"):
        client = clickhouse_connect.get_client(
            host="127.0.0.1", port=port, compress=compress, autogenerate_session_id=False
        )
        client.command("DROP TABLE IF EXISTS posts")
        client.command(
            "CREATE TABLE posts (id UInt64, text String, langs Array(String), at DateTime64(3, 'UTC'),"
            " score Nullable(Float64), kind LowCardinality(String)) ENGINE = MergeTree ORDER BY id"
        )
        at = datetime.datetime(2024, 2, 29, 12, 30, 15, 250000, tzinfo=datetime.timezone.utc)
        rows = [[n, f"post {n} \u2603", ["en"] * (n % 3), at, None if n % 2 else n / 4, f"k{n % 5}"] for n in range(5000)]
        client.insert("posts", rows, column_names=["id", "text", "langs", "at", "score", "kind"])
        assert client.command("SELECT count() FROM posts") == 5000

        # Times in UTC come back without a zone.
        result = client.query("SELECT * FROM posts ORDER BY id")
        rows = [row[:3] + [row[3].replace(tzinfo=None)] + row[4:] for row in rows]
        assert [list(row) for row in result.result_rows] == rows
        assert result.column_names == ("id", "text", "langs", "at", "score", "kind")

        bound = client.query("SELECT text FROM posts WHERE id = {id:UInt64}", parameters={"id": 42})
        assert bound.result_rows == [("post 42 \u2603",)]
        quoted = client.query("SELECT {x:String}", parameters={"x": "it's \\ a \t tab"})
        assert quoted.result_rows == [("it's \\ a \t tab",)]

        with client.query_row_block_stream("SELECT number FROM numbers(1000000)") as stream:
            assert sum(len(block) for block in stream) == 1000000

        limited = client.query("SELECT getSetting('max_threads')", settings={"max_threads": 3})
        assert limited.result_rows == [(3,)]
        try:
            client.query("SELECT * FROM nosuch")
        except DatabaseError as error:
            assert "UNKNOWN_TABLE" in str(error), error
        else:
            raise AssertionError("a missing table is no error")
        assert client.raw_query("SELECT 1 AS a", fmt="JSONEachRow") == b'{"a":1}\n'
        client.raw_insert("posts", ["id"], b"9001\n9002\n", fmt="TSV")
        assert client.command("SELECT count() FROM posts") == 5002
        client.close()
    print("all is well")


main(int(sys.argv[1]))
