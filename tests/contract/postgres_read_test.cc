// Reading PostgreSQL: values by literals through both paths, hazards, chunks, inventories.

#include "contract/postgres_database.h"

namespace sluice::testing {
namespace {

using Texts = std::vector<std::string>;

class PostgresRead : public PostgresDatabase {
 protected:
  // A table (id, v) of the literals, read through both paths.
  Texts read_column(const std::string& type, const std::string& literals) {
    run("CREATE TABLE t (id int, v " + type + "); INSERT INTO t SELECT row_number() OVER (), v " +
        "FROM unnest(ARRAY[" + literals + "]::" + type + "[]) AS u(v)");
    return column_texts(surveyed_table("t"), 1);
  }
  Type column_type() { return surveyed_table("t").columns.at(1).type; }
};

TEST_F(PostgresRead, NumbersAreExact) {
  EXPECT_EQ(read_column("numeric(10,2)", "1.10, -99999999.99, 0, NULL"),
            (Texts{"1.10", "-99999999.99", "0.00", "NULL"}));
  EXPECT_EQ(column_type(), decimal_type(10, 2));
}

TEST_F(PostgresRead, DecimalsOf38DigitsAreExact) {
  EXPECT_EQ(
      read_column("numeric(38,10)",
                  "9999999999999999999999999999.9999999999, "
                  "-0.0000000001, 10000"),
      (Texts{"9999999999999999999999999999.9999999999", "-0.0000000001", "10000.0000000000"}));
}

TEST_F(PostgresRead, NumericSpecialsInABoundedColumnMakeItNumeric) {
  EXPECT_EQ(read_column("numeric(10,2)", "'NaN', 1.50, NULL"), (Texts{"NaN", "1.50", "NULL"}));
  EXPECT_EQ(column_type().kind, TypeKind::kNumeric);
}

TEST_F(PostgresRead, UnboundedNumericKeepsDigitsAndSpecials) {
  EXPECT_EQ(read_column("numeric",
                        "'NaN', 'Infinity', '-Infinity', 1.10, "
                        "12345678901234567890123456789012345678901234567890.123456789, "
                        "1e-20, 0"),
            (Texts{"NaN", "Infinity", "-Infinity", "1.10",
                   "12345678901234567890123456789012345678901234567890.123456789",
                   "0.00000000000000000001", "0"}));
  EXPECT_EQ(column_type().kind, TypeKind::kNumeric);
  EXPECT_EQ(column_type().precision, 70);
  EXPECT_EQ(column_type().scale, 20);
}

TEST_F(PostgresRead, NumericOf50DigitsIsNoDouble) {
  EXPECT_EQ(read_column("numeric(50,2)", "123456789012345678901234567890123456789012345678.91"),
            (Texts{"123456789012345678901234567890123456789012345678.91"}));
}

TEST_F(PostgresRead, NegativeScaleIsAWholeNumber) {
  EXPECT_EQ(read_column("numeric(5,-2)", "9999949, -1200, 49"), (Texts{"9999900", "-1200", "0"}));
  EXPECT_EQ(column_type(), decimal_type(7, 0));
}

TEST_F(PostgresRead, IntegersAndFloatsAtTheirEdges) {
  run("CREATE TABLE t (id int, a int2, b int4, c int8, d float4, e float8, f bool, g oid)");
  run("INSERT INTO t VALUES (1, -32768, -2147483648, -9223372036854775808, '-0', 5e-324, true, "
      "4294967295), (2, 32767, 2147483647, 9223372036854775807, 'NaN', '-Infinity', false, 0)");
  const Table table = surveyed_table("t");
  EXPECT_EQ(column_texts(table, 1), (Texts{"-32768", "32767"}));
  EXPECT_EQ(column_texts(table, 2), (Texts{"-2147483648", "2147483647"}));
  EXPECT_EQ(column_texts(table, 3), (Texts{"-9223372036854775808", "9223372036854775807"}));
  EXPECT_EQ(column_texts(table, 4), (Texts{"-0", "nan"}));
  EXPECT_EQ(column_texts(table, 5), (Texts{"5e-324", "-inf"}));
  EXPECT_EQ(column_texts(table, 6), (Texts{"true", "false"}));
  EXPECT_EQ(column_texts(table, 7), (Texts{"4294967295", "0"}));
}

TEST_F(PostgresRead, DatesWithInfinitiesAndBeforeChrist) {
  EXPECT_EQ(read_column("date",
                        "'infinity', '-infinity', '0044-03-15 BC', '1969-12-31', "
                        "'5874897-12-31', '4714-11-24 BC'"),
            (Texts{"infinity", "-infinity", "0044-03-15 BC", "1969-12-31", "5874897-12-31",
                   "4714-11-24 BC"}));
}

TEST_F(PostgresRead, TimestampsWithInfinitiesAndBeforeChrist) {
  EXPECT_EQ(read_column("timestamp",
                        "'infinity', '-infinity', '0044-03-15 12:00:00.000001 BC', "
                        "'1969-12-31 23:59:59.999999', "
                        "'294247-01-10 04:00:54.775806'"),
            (Texts{"infinity", "-infinity", "0044-03-15 12:00:00.000001 BC",
                   "1969-12-31 23:59:59.999999", "294247-01-10 04:00:54.775806"}));
}

TEST_F(PostgresRead, InstantsAreUtc) {
  EXPECT_EQ(read_column("timestamptz",
                        "'2024-07-01 12:00:00+05:30', '0044-03-15 12:00:00+00 BC', 'infinity'"),
            (Texts{"2024-07-01 06:30:00+00", "0044-03-15 12:00:00+00 BC", "infinity"}));
}

TEST_F(PostgresRead, TimesOfTheDay) {
  EXPECT_EQ(read_column("time", "'24:00:00', '00:00:00.000001'"),
            (Texts{"24:00:00", "00:00:00.000001"}));
}

TEST_F(PostgresRead, TimesWithOffsets) {
  EXPECT_EQ(read_column("timetz", "'23:59:59.999999+05:30', '00:00:00-15:59:59', '24:00:00+00'"),
            (Texts{"23:59:59.999999+05:30", "00:00:00-15:59:59", "24:00:00+00:00"}));
}

TEST_F(PostgresRead, IntervalsKeepTheirThreeFields) {
  EXPECT_EQ(read_column("interval",
                        "'1 mon', '30 days', '720:00:00', "
                        "'-1 year 2 days 03:04:05.5', '-00:00:00.5', '0'"),
            (Texts{"P1M0DT0S", "P0M30DT0S", "P0M0DT2592000S", "P-12M2DT11045.5S", "P0M0DT-0.5S",
                   "P0M0DT0S"}));
}

TEST_F(PostgresRead, FarTimestampIsAHazardAndIsNotWrapped) {
  run("CREATE TABLE t (id int, v timestamp); INSERT INTO t VALUES "
      "(1, '294276-12-31 23:59:59.999999'), (2, '2024-02-29')");
  Table table = surveyed_table("t");
  ASSERT_EQ(table.columns[1].hazards.size(), 1U);
  EXPECT_EQ(table.columns[1].hazards[0].kind, "out_of_range");
  EXPECT_EQ(table.columns[1].hazards[0].values, 1U);
  EXPECT_NE(table.columns[1].hazards[0].message.find("294276-12-31 23:59:59.999999"),
            std::string::npos);
  for (const ReadPath path : {ReadPath::kFast, ReadPath::kIndependent}) {
    const auto found = try_values(table, path);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().kind, ErrorKind::kWouldLoseData);
    EXPECT_NE(found.error().message.find("\"v\" of public.t"), std::string::npos);
  }
  table.columns[1].type = simple_type(TypeKind::kText);
  EXPECT_EQ(column_texts(table, 1), (Texts{"294276-12-31 23:59:59.999999", "2024-02-29 00:00:00"}));
}

TEST_F(PostgresRead, EmptyTextIsNotNull) {
  EXPECT_EQ(read_column("text",
                        "'', NULL, ' ', E'a\\tb\\nc\\\\d\\r\\b\\f\\x0b', '\\N', 'NULL', "
                        "'Ünï 中 🦆'"),
            (Texts{"", "NULL", " ", "a\tb\nc\\d\r\b\f\v", "\\N", "NULL", "Ünï 中 🦆"}));
}

TEST_F(PostgresRead, BpcharKeepsItsBlanksAlsoAsText) {
  EXPECT_EQ(read_column("char(5)", "'ab', 'abcde', ''"), (Texts{"ab   ", "abcde", "     "}));
  Type fixed = simple_type(TypeKind::kText);
  fixed.length_max = 5;
  fixed.fixed_length = true;
  EXPECT_EQ(column_type(), fixed);
  Table table = surveyed_table("t");
  table.columns[1].type = simple_type(TypeKind::kText);
  EXPECT_EQ(column_texts(table, 1)[0], "ab   ");
}

TEST_F(PostgresRead, BytesBitsAndUuids) {
  run("CREATE TABLE t (id int, a bytea, b bit(5), c bit varying, d uuid)");
  run("INSERT INTO t VALUES (1, '\\x00ff5c6e', B'10101', B'', 'A0EEBC99-9C0B-4EF8-BB6D-"
      "6BB9BD380A11'), (2, '', B'00000', B'1', 'ffffffff-ffff-ffff-ffff-ffffffffffff')");
  const Table table = surveyed_table("t");
  EXPECT_EQ(column_texts(table, 1), (Texts{"\\x00ff5c6e", "\\x"}));
  EXPECT_EQ(column_texts(table, 2), (Texts{"10101", "00000"}));
  EXPECT_EQ(column_texts(table, 3), (Texts{"", "1"}));
  EXPECT_EQ(column_texts(table, 4), (Texts{"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
                                           "ffffffff-ffff-ffff-ffff-ffffffffffff"}));
}

TEST_F(PostgresRead, JsonIsKeptAsItIs) {
  run("CREATE TABLE t (id int, a json, b jsonb)");
  run("INSERT INTO t VALUES (1, '{\"b\":1 , \"b\":2, \"u\":\"\\u0000\"}', '{\"b\": 1, \"a\": "
      "[1, 2.50, null]}'), (2, NULL, 'null')");
  const Table table = surveyed_table("t");
  EXPECT_EQ(column_texts(table, 1), (Texts{"{\"b\":1 , \"b\":2, \"u\":\"\\u0000\"}", "NULL"}));
  EXPECT_EQ(column_texts(table, 2), (Texts{"{\"a\": [1, 2.50, null], \"b\": 1}", "null"}));
  EXPECT_EQ(table.columns[2].type.native_name, "jsonb");
}

TEST_F(PostgresRead, EnumsDomainsAndUnknownTypes) {
  run("CREATE TYPE mood AS ENUM ('sad', 'very ''happy''', 'a,\"b\\'); "
      "CREATE DOMAIN small AS numeric(5,1); CREATE DOMAIN smaller AS small CHECK (VALUE > 0);"
      "CREATE TABLE t (id int, a mood, b smaller, c inet, d int4range, e name, f \"char\", "
      "g mood[], h smaller[])");
  run("INSERT INTO t VALUES (1, 'very ''happy''', 7.5, '10.0.0.1/8', '[1,5)', 'n', 'x', "
      "'{sad,NULL}', '{1.5}')");
  const Table table = surveyed_table("t");
  EXPECT_EQ(table.columns[1].type.labels, (Texts{"sad", "very 'happy'", "a,\"b\\"}));
  EXPECT_EQ(table.columns[2].type, decimal_type(5, 1));
  EXPECT_EQ(table.columns[3].type, simple_type(TypeKind::kText));
  EXPECT_EQ(table.columns[3].type.native_name, "inet");
  EXPECT_EQ(table.columns[3].own_type->name, "inet");
  EXPECT_EQ(table.columns[3].own_type->definition, "");
  EXPECT_EQ(table.columns[1].own_type->name, "public.mood");
  EXPECT_EQ(table.columns[1].own_type->definition, "enum ('sad', 'very ''happy''', 'a,\"b\\')");
  EXPECT_FALSE(table.columns[0].own_type->says_more);
  const Texts wanted = {"1", "very 'happy'", "7.5",  "10.0.0.1/8", "[1,5)", "n",
                        "x", "[sad, NULL]",  "[1.5]"};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(column_texts(table, i), Texts{wanted[i]}) << table.columns[i].name;
  }
}

TEST_F(PostgresRead, ArraysAreLists) {
  run("CREATE TABLE t (id int, a int[], b text[], c numeric(6,2)[], d timestamp[], e bytea[])");
  run("INSERT INTO t VALUES (1, '{}', ARRAY['', NULL, 'NULL', 'a,b', 'q\"q', '{', E'\\\\'], "
      "'{1.10,NaN}', '{infinity,\"0044-03-15 12:00:00 BC\"}', ARRAY['\\x00'::bytea, NULL]), "
      "(2, '{1,NULL,3}', '{}', NULL, '{}', NULL), (3, NULL, NULL, NULL, NULL, NULL)");
  const Table table = surveyed_table("t");
  EXPECT_EQ(column_texts(table, 1), (Texts{"[]", "[1, NULL, 3]", "NULL"}));
  EXPECT_EQ(column_texts(table, 2)[0], "['', NULL, 'NULL', 'a,b', 'q\"q', '{', '\\\\']");
  EXPECT_EQ(column_texts(table, 3)[0], "[1.10, NaN]");
  EXPECT_EQ(column_texts(table, 4)[0], "[infinity, 0044-03-15 12:00:00 BC]");
  EXPECT_EQ(column_texts(table, 5)[0], "[\\x00, NULL]");
  EXPECT_EQ(table.columns[3].type.children[0].kind, TypeKind::kNumeric);
  for (const Column& column : table.columns) EXPECT_TRUE(column.hazards.empty());
}

// Both ways of reading are asked: column_texts() compares them.
TEST_F(PostgresRead, CompositesAreStructs) {
  run("CREATE TYPE place AS (street text, no int, ip inet, tags text[], raw bytea); "
      "CREATE TYPE person AS (name text, home place, score numeric(10,2), since interval); "
      "CREATE TABLE t (id int, a place, b person, c person[], d place[])");
  run("INSERT INTO t VALUES (1, ROW(E'a \"b\", (\\\\c)', 1, '10.0.0.1', '{x,NULL,\"y,z\"}', "
      "'\\x00ff'), ROW('n', ROW('', NULL, NULL, '{}', NULL), 1.10, '1 mon 2 days'), "
      "ARRAY[ROW('m', NULL, -2, NULL)::person, NULL], '{}'), "
      "(2, ROW(NULL, NULL, NULL, NULL, NULL), ROW(NULL, ROW(NULL, NULL, NULL, NULL, NULL), NULL, "
      "NULL), '{}', ARRAY[ROW('s', 7, '::1', NULL, NULL)::place]), (3, NULL, NULL, NULL, NULL)");
  const Table table = surveyed_table("t");
  EXPECT_EQ(to_string(table.columns[1].type),
            "struct<\"street\":text,\"no\":int32,\"ip\":text,\"tags\":list<text>,\"raw\":blob>");
  EXPECT_EQ(table.columns[1].own_type->reason, "values of inet are carried as their text");
  EXPECT_EQ(column_texts(table, 1),
            (Texts{"{'street': 'a \"b\", (\\\\c)', 'no': 1, 'ip': 10.0.0.1, 'tags': [x, NULL, "
                   "'y,z'], 'raw': \\x00ff}",
                   "{'street': NULL, 'no': NULL, 'ip': NULL, 'tags': NULL, 'raw': NULL}", "NULL"}));
  EXPECT_EQ(column_texts(table, 2),
            (Texts{"{'name': n, 'home': {'street': '', 'no': NULL, 'ip': NULL, 'tags': [], 'raw': "
                   "NULL}, 'score': 1.10, 'since': P1M2DT0S}",
                   "{'name': NULL, 'home': {'street': NULL, 'no': NULL, 'ip': NULL, 'tags': NULL, "
                   "'raw': NULL}, 'score': NULL, 'since': NULL}",
                   "NULL"}));
  EXPECT_EQ(
      column_texts(table, 3),
      (Texts{"[{'name': m, 'home': NULL, 'score': -2.00, 'since': NULL}, NULL]", "[]", "NULL"}));
  EXPECT_EQ(column_texts(table, 4),
            (Texts{"[]", "[{'street': s, 'no': 7, 'ip': '::1', 'tags': NULL, 'raw': NULL}]",
                   "NULL"}));
  for (const Column& column : table.columns) EXPECT_TRUE(column.hazards.empty());
}

TEST_F(PostgresRead, WhatIsInsideOfCompositesIsLookedAt) {
  run("CREATE TYPE part AS (n numeric(5,1), at timestamp, l int[]); "
      "CREATE TABLE t (id int, a part, b part[]); INSERT INTO t VALUES "
      "(1, ROW('NaN', '294276-12-31', '{{1},{2}}'), NULL), "
      "(2, NULL, ARRAY[ROW(1, 'infinity', '[2:3]={1,2}')::part, ROW('NaN', NULL, '{1}')::part])");
  const Table table = surveyed_table("t");
  EXPECT_EQ(table.columns[1].type.children[0].kind, TypeKind::kNumeric);
  EXPECT_EQ(table.columns[2].type.children[0].children[0].kind, TypeKind::kNumeric);
  ASSERT_EQ(table.columns[1].hazards.size(), 2U);
  EXPECT_EQ(table.columns[1].hazards[0].kind, "out_of_range");
  EXPECT_EQ(table.columns[1].hazards[1].kind, "ragged_array");
  ASSERT_EQ(table.columns[2].hazards.size(), 1U);
  EXPECT_EQ(table.columns[2].hazards[0].kind, "ragged_array");
  EXPECT_EQ(table.columns[2].hazards[0].values, 1U);
}

TEST_F(PostgresRead, ACastToTextThatSomebodyMadeIsNotTheText) {
  run("CREATE TYPE heat AS RANGE (subtype = float8); CREATE TYPE mood AS ENUM ('sad'); "
      "CREATE FUNCTION less(heat) RETURNS text LANGUAGE sql AS 'SELECT ''less'''; "
      "CREATE FUNCTION less(mood) RETURNS text LANGUAGE sql AS 'SELECT ''less'''; "
      "CREATE CAST (heat AS text) WITH FUNCTION less(heat); "
      "CREATE CAST (mood AS text) WITH FUNCTION less(mood); "
      "CREATE TABLE t (id int, a heat, b heat[], c mood); "
      "INSERT INTO t VALUES (1, '[1.5,2)', '{NULL,\"[3,4]\"}', 'sad'), (2, NULL, NULL, NULL)");
  Table table = surveyed_table("t");
  table.columns[3].type = simple_type(TypeKind::kText);
  EXPECT_EQ(column_texts(table, 1), (Texts{"[1.5,2)", "NULL"}));
  EXPECT_EQ(column_texts(table, 2), (Texts{"[NULL, '[3,4]']", "NULL"}));
  EXPECT_EQ(column_texts(table, 3), (Texts{"sad", "NULL"}));
  table.columns[2].type = simple_type(TypeKind::kText);
  EXPECT_EQ(column_texts(table, 2), (Texts{"{NULL,\"[3,4]\"}", "NULL"}));
}

TEST_F(PostgresRead, MoneyIsANumber) {
  run("CREATE TABLE t (id int, a money, b money[]); INSERT INTO t VALUES "
      "(1, (-92233720368547758.08)::numeric::money, ARRAY[0.01::numeric::money, NULL]), "
      "(2, 92233720368547758.07::numeric::money, '{}')");
  const Table table = surveyed_table("t");
  EXPECT_EQ(table.columns[1].type, decimal_type(19, 2));
  EXPECT_EQ(column_texts(table, 1), (Texts{"-92233720368547758.08", "92233720368547758.07"}));
  EXPECT_EQ(column_texts(table, 2), (Texts{"[0.01, NULL]", "[]"}));
}

TEST_F(PostgresRead, RaggedArraysAreAHazard) {
  run("CREATE TABLE t (id int, a int[], b int[]); INSERT INTO t VALUES "
      "(1, '{{1,2},{3,4}}', '[5:7]={1,2,3}'), (2, '{1}', '{1}')");
  Table table = surveyed_table("t");
  for (const std::size_t i : {1U, 2U}) {
    ASSERT_EQ(table.columns[i].hazards.size(), 1U);
    EXPECT_EQ(table.columns[i].hazards[0].kind, "ragged_array");
    EXPECT_EQ(table.columns[i].hazards[0].values, 1U);
  }
  const auto found = try_values(table, ReadPath::kFast);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::kWouldLoseData);
  table.columns[1].type = table.columns[2].type = simple_type(TypeKind::kText);
  EXPECT_EQ(column_texts(table, 1), (Texts{"{{1,2},{3,4}}", "{1}"}));
  EXPECT_EQ(column_texts(table, 2), (Texts{"[5:7]={1,2,3}", "{1}"}));
}

TEST_F(PostgresRead, BothPathsHaveOneDigestOverManyRows) {
  run("CREATE TABLE t AS SELECT i, 'row ' || i AS name, i / 7.0 AS n, (i * 0.37)::numeric(12,2) "
      "AS d, i::float8 / 3 AS f, timestamp '2020-01-01' + i * interval '1 min' AS at "
      "FROM generate_series(1, 100000) i");
  const Table table = surveyed_table("t");
  const Digest fast = digest(*session_->relation(table, nullptr, ReadPath::kFast), table);
  const Digest text = digest(*session_->relation(table, nullptr, ReadPath::kIndependent), table);
  EXPECT_EQ(fast.rows, 100000U);
  EXPECT_EQ(fast, text);
  Digest chunks;
  const auto ranges = *session_->chunks(table, 9000);
  EXPECT_GT(ranges.size(), 5U);
  for (const ChunkRange& range : ranges) {
    chunks += digest(*session_->relation(table, &range, ReadPath::kFast), table);
  }
  EXPECT_EQ(chunks, fast);
}

TEST_F(PostgresRead, SnapshotDoesNotMove) {
  run("CREATE TABLE t AS SELECT generate_series(1, 1000) AS id");
  Table table = surveyed_table("t");
  run("DELETE FROM t WHERE id <= 500; INSERT INTO t VALUES (5000); UPDATE t SET id = id + 7");
  EXPECT_EQ(digest(*session_->relation(table, nullptr, ReadPath::kFast), table).rows, 1000U);
  EXPECT_EQ(*connection_->value("SELECT sum(id)::BIGINT FROM " +
                                *session_->relation(table, nullptr, ReadPath::kFast)),
            "500500");
}

TEST_F(PostgresRead, CountNeedsNoColumn) {
  run("CREATE TABLE t AS SELECT generate_series(1, 5000) AS id");
  const Table table = surveyed_table("t");
  EXPECT_EQ(*connection_->value("SELECT count(*) FROM " +
                                *session_->relation(table, nullptr, ReadPath::kFast)),
            "5000");
}

TEST_F(PostgresRead, PartitionedTableIsOneTable) {
  run("CREATE TABLE t (id int, d date) PARTITION BY RANGE (d);"
      "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');"
      "CREATE TABLE t2 PARTITION OF t DEFAULT;"
      "INSERT INTO t VALUES (1, '2020-05-05'), (2, '2022-02-02')");
  const auto inventory = *read().inspect();
  ASSERT_EQ(inventory.tables.size(), 1U);
  EXPECT_EQ(session_->count(inventory.tables[0]).value(), 2U);
  EXPECT_EQ(session_->chunks(inventory.tables[0], 1)->size(), 1U);
  EXPECT_EQ(column_texts(inventory.tables[0], 1), (Texts{"2020-05-05", "2022-02-02"}));
}

TEST_F(PostgresRead, EmptyTableIsOneChunk) {
  run("CREATE TABLE t (id int)");
  const Table table = surveyed_table("t");
  EXPECT_EQ(session_->chunks(table, 10)->size(), 1U);
  EXPECT_TRUE(column_texts(table, 0).empty());
}

TEST_F(PostgresRead, InspectFindsWhatBelongsToATable) {
  run("CREATE TABLE customer (id bigint PRIMARY KEY);"
      "CREATE TABLE orders (id serial, n int GENERATED BY DEFAULT AS IDENTITY, customer bigint "
      "CONSTRAINT of_customer REFERENCES customer (id) ON DELETE CASCADE, price numeric(8,2) NOT "
      "NULL DEFAULT 1.5 CONSTRAINT positive CHECK (price > 0), twice numeric GENERATED ALWAYS AS "
      "(price * 2) STORED, CONSTRAINT orders_key UNIQUE (customer, price));"
      "CREATE INDEX orders_price ON orders (price, id); CREATE INDEX orders_part ON orders (id) "
      "WHERE price > 3; COMMENT ON TABLE orders IS 'it''s'; COMMENT ON COLUMN orders.price IS 'p';"
      "CREATE VIEW dear AS SELECT id FROM orders WHERE price > 10; CREATE SEQUENCE free START 7;"
      "CREATE SCHEMA sluice_x; CREATE TABLE sluice_x.hidden (a int);"
      "INSERT INTO orders (price) VALUES (2)");
  const Inventory inventory = *read().inspect();
  ASSERT_EQ(inventory.tables.size(), 3U);
  const Table& customer = inventory.tables[0];
  const Table& dear = inventory.tables[1];
  const Table& orders = inventory.tables[2];
  EXPECT_EQ(customer.keys.at(0).kind, KeyKind::kPrimary);
  EXPECT_EQ(customer.keys.at(0).name, "customer_pkey");
  EXPECT_TRUE(dear.is_view);
  EXPECT_NE(dear.view_sql.find("public.orders"), std::string::npos) << dear.view_sql;
  EXPECT_EQ(session_->count(orders).value(), 1U);
  Table surveyed = orders;
  ASSERT_TRUE(session_->survey(surveyed));
  EXPECT_GT(surveyed.bytes.value_or(0), 0U);
  EXPECT_EQ(orders.comment, "it's");
  EXPECT_TRUE(orders.columns.at(0).identity);
  EXPECT_TRUE(orders.columns.at(1).identity);
  EXPECT_FALSE(orders.columns.at(3).nullable);
  EXPECT_EQ(orders.columns.at(3).default_sql, "1.5");
  EXPECT_EQ(orders.columns.at(3).comment, "p");
  EXPECT_TRUE(orders.columns.at(4).generated);
  EXPECT_EQ(orders.keys.at(0).columns, (Texts{"customer", "price"}));
  EXPECT_EQ(orders.foreign_keys.at(0).name, "of_customer");
  EXPECT_EQ(orders.foreign_keys.at(0).target.display(), "public.customer");
  EXPECT_EQ(orders.foreign_keys.at(0).on_delete, "CASCADE");
  EXPECT_EQ(orders.checks.at(0).expression_sql, "(price > (0)::numeric)");
  ASSERT_EQ(orders.indexes.size(), 2U);
  EXPECT_TRUE(orders.indexes[0].columns.empty());
  EXPECT_EQ(orders.indexes[1].columns, (Texts{"price", "id"}));
  ASSERT_EQ(orders.sequences.size(), 2U);
  EXPECT_EQ(orders.sequences[0].next_value, 2);
  ASSERT_EQ(inventory.free_sequences.size(), 1U);
  EXPECT_EQ(inventory.free_sequences[0].next_value, 7);
  EXPECT_EQ(*session_->fingerprint(), "");
}

TEST_F(PostgresRead, WhatNeedsOwnTypesAndFunctionsIsAFinding) {
  run("CREATE TYPE mood AS ENUM ('sad', 'o''k'); CREATE SEQUENCE free; CREATE FUNCTION f(int) "
      "RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1'; CREATE TABLE t (a mood DEFAULT 'o''k' "
      "CHECK (a <> 'sad'), b int DEFAULT nextval('free'), c int DEFAULT 3 CHECK (c > 0), d serial);"
      "CREATE VIEW v AS SELECT f(c) FROM t; CREATE VIEW w AS SELECT c FROM t");
  const Inventory inventory = *read().inspect();
  const Table& table = inventory.tables.at(0);
  EXPECT_EQ(table.columns[0].default_sql, "'o''k'");
  EXPECT_EQ(table.columns[1].default_sql, std::nullopt);
  EXPECT_EQ(table.columns[2].default_sql, "3");
  ASSERT_EQ(table.checks.size(), 1U);
  EXPECT_EQ(table.checks[0].expression_sql, "(c > 0)");
  EXPECT_EQ(inventory.tables.at(1).view_sql, "");
  EXPECT_NE(inventory.tables.at(2).view_sql, "");
  Texts kinds;
  for (const Finding& finding : inventory.findings) kinds.push_back(finding.kind);
  EXPECT_EQ(kinds, (Texts{"view_not_carried", "default_not_carried", "check_not_carried"}));
}

}  // namespace
}  // namespace sluice::testing
