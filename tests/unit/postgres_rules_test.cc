// PostgreSQL's type rules, types by oid and typmod, and SQLSTATEs.

#include <gtest/gtest.h>

#include "client/postgres/classify.h"
#include "endpoint/postgres/ddl.h"
#include "endpoint/postgres/rules.h"
#include "endpoint/postgres/wire.h"

namespace sluice::postgres {
namespace {

std::string native(const Type& type) { return rule(type).native_type; }
std::string native(TypeKind kind) { return native(simple_type(kind)); }

NativeType by_oid(std::uint32_t oid, std::int32_t typmod, bool is_array = false) {
  NativeType out;
  out.oid = oid;
  out.typmod = typmod;
  out.is_array = is_array;
  return out;
}

TEST(PostgresRules, NativeTypes) {
  EXPECT_EQ(native(TypeKind::kInt8), "smallint");
  EXPECT_EQ(native(TypeKind::kUInt16), "integer");
  EXPECT_EQ(native(TypeKind::kUInt32), "bigint");
  EXPECT_EQ(native(TypeKind::kUInt64), "numeric(20,0)");
  EXPECT_EQ(native(TypeKind::kInt128), "numeric(39,0)");
  EXPECT_EQ(native(TypeKind::kUInt128), "numeric(39,0)");
  EXPECT_EQ(native(TypeKind::kBigInt), "numeric");
  EXPECT_EQ(native(decimal_type(10, 2)), "numeric(10,2)");
  EXPECT_EQ(native(TypeKind::kNumeric), "numeric");
  EXPECT_EQ(native(TypeKind::kFloat64), "double precision");
  EXPECT_EQ(native(TypeKind::kBlob), "bytea");
  EXPECT_EQ(native(TypeKind::kTimestampNs), "timestamp");
  EXPECT_EQ(native(TypeKind::kTimeNs), "time");
  EXPECT_EQ(native(TypeKind::kBit), "bit varying");
  EXPECT_EQ(native(TypeKind::kJson), "json");
  EXPECT_EQ(native(list_type(simple_type(TypeKind::kUInt8))), "smallint[]");
}

TEST(PostgresRules, UnboundedNumericStaysUnboundedAfterASurvey) {
  Type surveyed = simple_type(TypeKind::kNumeric);
  surveyed.precision = 50;
  surveyed.scale = 10;
  EXPECT_EQ(native(surveyed), "numeric(50,10)");
  surveyed.native_name = "numeric";
  EXPECT_EQ(native(surveyed), "numeric");
  surveyed.precision = 10;
  surveyed.scale = 2;
  surveyed.native_name = "numeric(10,2)";
  EXPECT_EQ(native(surveyed), "numeric(10,2)");
}

TEST(PostgresRules, TextKeepsItsLengthAndIsChecked) {
  Type text = simple_type(TypeKind::kText);
  text.length_max = 20;
  EXPECT_EQ(native(text), "varchar(20)");
  EXPECT_EQ(rule(text).checks.back().predicate_sql, "length({0}) > 20");
  text.fixed_length = true;
  EXPECT_EQ(native(text), "char(20)");
  EXPECT_EQ(rule(text).checks.back().predicate_sql, "length({0}) <> 20");
  EXPECT_EQ(rule(text).checks.front().kind, "nul_byte");
}

TEST(PostgresRules, ElementsAreCheckedInsideTheirLists) {
  const TypeRule list = rule(list_type(simple_type(TypeKind::kText)));
  EXPECT_EQ(list.native_type, "text[]");
  EXPECT_EQ(list.checks.at(0).predicate_sql,
            "len(list_filter({0}, lambda sluice_e: contains(sluice_e, chr(0)))) > 0");
  EXPECT_EQ(list.checks.at(0).remedies.at(0).sql,
            "list_transform({0}, lambda sluice_e: replace(sluice_e, chr(0), ''))");
}

TEST(PostgresRules, WhatThereIsNoTypeFor) {
  for (const TypeKind kind : {TypeKind::kGeometry, TypeKind::kOther}) {
    EXPECT_EQ(rule(simple_type(kind)).mapping, Mapping::kUnsupported);
    EXPECT_FALSE(rule(simple_type(kind)).remedies.empty());
  }
  const TypeRule nested = rule(list_type(list_type(simple_type(TypeKind::kInt32))));
  EXPECT_EQ(nested.mapping, Mapping::kUnsupported);
  EXPECT_EQ(nested.remedies.at(0).reason, LossReason::kAsJson);
}

TEST(PostgresRules, EveryKindHasARule) {
  for (int kind = 0; kind <= static_cast<int>(TypeKind::kOther); ++kind) {
    Type type = simple_type(static_cast<TypeKind>(kind));
    if (is_nested(type.kind)) type.children = {simple_type(TypeKind::kInt32)};
    const TypeRule found = rule(type);
    EXPECT_EQ(found.native_type.empty(), found.mapping == Mapping::kUnsupported) << kind;
    EXPECT_EQ(found.reason.empty(), found.mapping == Mapping::kExact) << kind;
  }
}

TEST(PostgresTypes, NumericByTypmod) {
  const auto typmod = [](int p, int s) { return ((p << 16) | (s & 0x7FF)) + 4; };
  EXPECT_EQ(type_of(by_oid(kOidNumeric, typmod(10, 2))), decimal_type(10, 2));
  EXPECT_EQ(type_of(by_oid(kOidNumeric, typmod(5, -2))), decimal_type(7, 0));
  EXPECT_EQ(type_of(by_oid(kOidNumeric, typmod(3, 5))), decimal_type(5, 5));
  EXPECT_EQ(type_of(by_oid(kOidNumeric, typmod(38, 38))), decimal_type(38, 38));
  const Type wide = type_of(by_oid(kOidNumeric, typmod(50, 2)));
  EXPECT_EQ(wide.kind, TypeKind::kNumeric);
  EXPECT_EQ(wide.precision, 50);
  EXPECT_EQ(type_of(by_oid(kOidNumeric, -1)), simple_type(TypeKind::kNumeric));
}

TEST(PostgresRules, GeometryWherePostgisIs) {
  const TypeRule found = rule(simple_type(TypeKind::kGeometry), "gis");
  EXPECT_EQ(found.native_type, "gis.geometry");
  EXPECT_EQ(found.mapping, Mapping::kExact);
}

TEST(PostgresDdl, ColumnsThatAreWrittenInAnotherTypeBecomeTheirOwn) {
  TargetTable table;
  table.name = {"s", "t"};
  TargetColumn a;
  a.name = "a";
  a.native_type = "inet";
  a.written_as = "text";
  a.nullable = false;
  a.default_sql = "'::1'::inet";
  TargetColumn b = a;
  b.name = "b";
  b.native_type = "public.mood[]";
  b.default_sql.reset();
  TargetColumn c;
  c.name = "c";
  c.native_type = "integer";
  table.columns = {a, b, c};
  EXPECT_EQ(create_table_sql(table, table.name),
            "CREATE TABLE IF NOT EXISTS \"s\".\"t\" (\"a\" text NOT NULL, \"b\" text NOT NULL, "
            "\"c\" integer)");
  EXPECT_EQ(own_type_sql(table, table.name),
            (std::vector<std::string>{
                "ALTER TABLE \"s\".\"t\" ALTER COLUMN \"a\" TYPE inet USING \"a\"::inet, ALTER "
                "COLUMN \"b\" TYPE public.mood[] USING \"b\"::public.mood[]",
                "ALTER TABLE \"s\".\"t\" ALTER COLUMN \"a\" SET DEFAULT '::1'::inet"}));
  table.columns = {c};
  EXPECT_TRUE(own_type_sql(table, table.name).empty());
}

TEST(PostgresTypes, CompositesMoneyAndWhatHasNoKind) {
  NativeType composite = by_oid(20000, -1);
  composite.name = composite.base = "app.place";
  composite.definition = "composite (...)";
  composite.field_names = {"a", "b"};
  composite.fields = {by_oid(kOidInt4, -1), by_oid(869, -1, true)};
  composite.fields[1].base = "inet";
  EXPECT_EQ(to_string(type_of(composite)), "struct<\"a\":int32,\"b\":list<text>>");
  OwnType own = own_type_of(composite);
  EXPECT_EQ(own.name, "app.place");
  EXPECT_EQ(own.reason, "values of inet are carried as their text");
  EXPECT_TRUE(own.says_more);
  composite.fields[1].names_objects = true;
  EXPECT_EQ(own_type_of(composite).name, "");
  composite.field_names = {"a", "A"};  // one name to the engine
  EXPECT_EQ(type_of(composite), simple_type(TypeKind::kText));
  NativeType money = by_oid(kOidMoney, ((19 << 16) | 2) + 4);
  EXPECT_EQ(type_of(money), decimal_type(19, 2));
  EXPECT_EQ(own_type_of(money).carrier, decimal_type(19, 2));
  EXPECT_EQ(own_type_of(money).reason, "money is carried as a number");
  EXPECT_FALSE(own_type_of(by_oid(kOidInt4, -1)).says_more);
}

TEST(PostgresTypes, HowTheyAreSelected) {
  NativeType place = by_oid(20000, -1);
  place.field_names = {"a", "b"};
  place.fields = {by_oid(kOidInt4, -1), by_oid(869, -1)};
  const auto select = [](const NativeType& native) {
    const auto planned = plan_wire({"c", native}, type_of(native), "t");
    return planned ? planned->select_sql : planned.error().message;
  };
  EXPECT_EQ(select(by_oid(869, -1)), "\"c\"::text");
  EXPECT_EQ(select(by_oid(869, -1, true)), "\"c\"::text[]");
  EXPECT_EQ(select(place),
            "CASE WHEN \"c\" IS DISTINCT FROM NULL THEN ROW((\"c\").\"a\", (\"c\").\"b\"::text) "
            "END");
  place.is_array = true;
  EXPECT_EQ(
      select(place),
      "CASE WHEN \"c\" IS NOT NULL THEN ARRAY(SELECT CASE WHEN u0.e IS DISTINCT FROM NULL THEN "
      "ROW((u0.e).\"a\", (u0.e).\"b\"::text) END FROM (SELECT unnest(\"c\") AS e, "
      "generate_subscripts(\"c\", 1) AS n) AS u0 ORDER BY u0.n) END");
  place.is_array = false;
  place.fields[1] = by_oid(kOidText, -1);
  EXPECT_EQ(select(place), "\"c\"");
}

TEST(PostgresTypes, TextAndArrays) {
  EXPECT_EQ(type_of(by_oid(kOidVarchar, 24)).length_max, 20);
  EXPECT_EQ(type_of(by_oid(kOidVarchar, -1)).length_max, 0);
  EXPECT_TRUE(type_of(by_oid(kOidBpchar, 9)).fixed_length);
  EXPECT_EQ(type_of(by_oid(kOidInt4, -1, true)), list_type(simple_type(TypeKind::kInt32)));
  EXPECT_EQ(type_of(by_oid(869, -1)), simple_type(TypeKind::kText));
  EXPECT_EQ(type_of(by_oid(869, -1, true)), list_type(simple_type(TypeKind::kText)));
}

TEST(PostgresClassify, ByState) {
  EXPECT_EQ(kind_of_sqlstate("28P01"), ErrorKind::kDenied);
  EXPECT_EQ(kind_of_sqlstate("42501"), ErrorKind::kDenied);
  EXPECT_EQ(kind_of_sqlstate("3D000"), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of_sqlstate("42P01"), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of_sqlstate("42P07"), ErrorKind::kExists);
  EXPECT_EQ(kind_of_sqlstate("23505"), ErrorKind::kConflict);
  EXPECT_EQ(kind_of_sqlstate("2BP01"), ErrorKind::kConflict);
  EXPECT_EQ(kind_of_sqlstate("40P01"), ErrorKind::kTransient);
  EXPECT_EQ(kind_of_sqlstate("08006"), ErrorKind::kTransient);
  EXPECT_EQ(kind_of_sqlstate("57P01"), ErrorKind::kTransient);
  EXPECT_EQ(kind_of_sqlstate("53100"), ErrorKind::kLimit);
  EXPECT_EQ(kind_of_sqlstate("22003"), ErrorKind::kWouldLoseData);
  EXPECT_EQ(kind_of_sqlstate("22023"), ErrorKind::kInvalid);
  EXPECT_EQ(kind_of_sqlstate("57014"), ErrorKind::kCancelled);
  EXPECT_EQ(kind_of_sqlstate("ZZZZZ"), ErrorKind::kInternal);
}

TEST(PostgresClassify, StateInAConnectionsText) {
  EXPECT_EQ(sqlstate_of_connect_text("connection to server at \"h\" failed: FATAL:  28P01: nein\n"
                                     "LOCATION:  auth_failed, auth.c:326\n"),
            "28P01");
  EXPECT_EQ(sqlstate_of_connect_text("connection refused"), "");
  EXPECT_EQ(sqlstate_of_connect_text("HINT:  12"), "");
}

TEST(PostgresDdl, NamesAreCutAtCharactersAndMadeFree) {
  std::set<std::string> taken = {"a"};
  EXPECT_EQ(free_name("a", "run", taken), "a_run");
  EXPECT_EQ(free_name("a", "run", taken), "a_run_2");
  std::string wide;
  for (int i = 0; i < 32; ++i) wide += "ü";  // 64 bytes
  EXPECT_EQ(free_name(wide, "run", taken).size(), 62U);
}

}  // namespace
}  // namespace sluice::postgres
