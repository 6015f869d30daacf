// Locations as other programs spell them, and what is wrong with one, without its password.
#include <gtest/gtest.h>

#include <string>

#include "config/location_parts.h"
#include "model/location.h"

namespace sluice {
namespace {

TEST(ParseLocation, SpellingsOfSqlalchemy) {
  EXPECT_EQ(parse_location("sqlite:///rel.db")->path, "rel.db");
  EXPECT_EQ(parse_location("sqlite:////abs/a.db")->path, "/abs/a.db");
  EXPECT_EQ(parse_location("duckdb:///lake.duckdb")->path, "lake.duckdb");
  const auto tcp = parse_location("postgresql+psycopg2://username:pa%40ss%2Fw@localhost:5432/lake");
  ASSERT_TRUE(tcp);
  EXPECT_EQ(tcp->kind, "postgres");
  EXPECT_EQ(tcp->password.reveal(), "pa@ss/w");
  EXPECT_EQ(tcp->host, "localhost");
  EXPECT_EQ(tcp->port, 5432);
  EXPECT_EQ(tcp->database, "lake");
  EXPECT_EQ(tcp->display(), "postgres://username@localhost:5432/lake");
}

TEST(ParseLocation, APasswordThatIsNotEncodedIsNotPrinted) {
  for (const char* text : {"postgres://u:Xyz/123abc@h/db", "postgres://u:Xyz?123abc@h/db",
                           "postgres://u:Xyz#12:3abc@h:x/db", "postgres://u:5432/3abc@h/db",
                           "postgres://u:5432?3abc@h/db"}) {
    const auto location = parse_location(text);
    ASSERT_FALSE(location) << text;
    EXPECT_EQ(location.error().kind, ErrorKind::kInvalid);
    EXPECT_EQ(location.error().message.find("Xyz"), std::string::npos) << location.error().message;
    EXPECT_EQ(location.error().message.find("3abc"), std::string::npos);
  }
}

TEST(ParseLocation, PartsMayStandInParameters) {
  const auto location = parse_location("postgres:///db?host=/run/pg&port=6000&user=etl@corp");
  ASSERT_TRUE(location) << location.error().message;
  EXPECT_EQ(location->host, "/run/pg");
  EXPECT_EQ(location->port, 6000);
  EXPECT_EQ(location->user, "etl@corp");
  EXPECT_TRUE(location->parameters.empty());
  EXPECT_FALSE(parse_location("postgres:///db?port=none"));
}

TEST(LocationOfParts, AServerOfMariadbHasNoSchema) {
  LocationParts parts = {{"kind", "mariadb"}, {"host", "h"}, {"port", "3307"}, {"database", "d"}};
  const auto location = location_of_parts(parts, "shop");
  ASSERT_TRUE(location) << location.error().message;
  EXPECT_EQ(location->display(), "mysql://h:3307/d");
  parts["schema"] = "s";
  EXPECT_FALSE(location_of_parts(parts, "shop"));
}

TEST(ParseLocation, IcebergNamesWhatKeepsItsCatalog) {
  const auto sqlite = parse_location("iceberg:sqlite:c.db?warehouse=/w&catalog=lake");
  ASSERT_TRUE(sqlite);
  EXPECT_EQ(sqlite->kind, "iceberg");
  EXPECT_EQ(sqlite->catalog, "sqlite");
  EXPECT_EQ(sqlite->path, "c.db");
  EXPECT_EQ(sqlite->display(), "iceberg:sqlite:c.db?catalog=lake&warehouse=/w");
  const auto server = parse_location("iceberg:postgresql://u:Xyz-12-ab@h/db?warehouse=s3://b/w");
  ASSERT_TRUE(server);
  EXPECT_EQ(server->catalog, "postgres");
  EXPECT_EQ(server->display(), "iceberg:postgres://u@h/db?warehouse=s3://b/w");
  const auto rest = parse_location("iceberg:rest:https://h:81/iceberg/?warehouse=shop");
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->catalog, "rest");
  EXPECT_EQ(rest->path, "https://h:81/iceberg");
  EXPECT_EQ(rest->display(), "iceberg:rest:https://h:81/iceberg?warehouse=shop");
  EXPECT_EQ(parse_location("iceberg:/folder")->catalog, "");
}

TEST(ParseLocation, ARestCatalogHasNoSecretInItsAddress) {
  for (const char* text : {"iceberg:rest:http://me:Xyz-12-ab@h", "iceberg:rest:ftp://h/Xyz-12-ab",
                           "iceberg:rest:https://"}) {
    const auto location = parse_location(text);
    ASSERT_FALSE(location) << text;
    EXPECT_EQ(location.error().message.find("Xyz"), std::string::npos) << location.error().message;
  }
}

TEST(ParseLocation, SecretParametersAreNotShown) {
  const auto location =
      parse_location("postgres://u@h/db?password=Pq-77-rs&sslpassword=Ab-12-cd&sslmode=require");
  ASSERT_TRUE(location);
  EXPECT_EQ(location->password.reveal(), "Pq-77-rs");
  EXPECT_EQ(location->parameters.at("sslpassword"), "Ab-12-cd");
  EXPECT_EQ(location->display(), "postgres://u@h/db?sslmode=require&sslpassword=****");
}

}  // namespace
}  // namespace sluice
