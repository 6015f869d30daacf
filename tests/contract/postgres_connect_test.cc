// Connections that cannot be made: each kind by code, and no secret in any text.

#include "contract/postgres_database.h"

namespace sluice::testing {
namespace {

class PostgresConnect : public PostgresDatabase {
 protected:
  Error error_of(const Location& location) {
    auto endpoint = open_postgres(location, *engine_);
    EXPECT_FALSE(endpoint);
    return endpoint ? Error(ErrorKind::kInternal, "none") : std::move(endpoint.error());
  }
};

TEST_F(PostgresConnect, NobodyListensIsNotFound) {
  Location location = location_;
  location.port = 1;
  const Error error = error_of(location);
  EXPECT_EQ(error.kind, ErrorKind::kNotFound);
  EXPECT_NE(error.message.find("is unreachable"), std::string::npos) << error.message;
}

TEST_F(PostgresConnect, MissingDatabaseIsNotFoundWithItsCode) {
  Location location = location_;
  location.database = "there_is_none";
  const Error error = error_of(location);
  EXPECT_EQ(error.kind, ErrorKind::kNotFound);
  EXPECT_EQ(error.vendor_code, "3D000");
  EXPECT_EQ(error.message.find("3D000"), std::string::npos) << error.message;
}

TEST_F(PostgresConnect, WrongPasswordIsDeniedAndNotPrinted) {
  const char* secretive = std::getenv("SLUICE_TEST_POSTGRES_SECRETIVE");
  if (secretive == nullptr) GTEST_SKIP() << "SLUICE_TEST_POSTGRES_SECRETIVE is not set";
  Location location = *parse_location(secretive);
  location.password = Secret("wrong-Zq8-password");
  const Error wrong = error_of(location);
  EXPECT_EQ(wrong.kind, ErrorKind::kDenied);
  EXPECT_EQ(wrong.vendor_code, "28P01");
  for (const std::string* text : {&wrong.message, &wrong.hint, &wrong.object}) {
    EXPECT_EQ(text->find("wrong-Zq8"), std::string::npos) << *text;
  }
  location.password = Secret();
  const Error missing = error_of(location);
  EXPECT_EQ(missing.kind, ErrorKind::kDenied);
  location.password = Secret(std::getenv("SLUICE_TEST_POSTGRES_SECRET"));
  EXPECT_TRUE(open_postgres(location, *engine_));
}

TEST_F(PostgresConnect, UnknownParameterIsInvalid) {
  Location location = location_;
  location.parameters["chema"] = "x";
  const Error error = error_of(location);
  EXPECT_EQ(error.kind, ErrorKind::kInvalid);
  EXPECT_NE(error.message.find("\"chema\""), std::string::npos);
}

TEST_F(PostgresConnect, RowSecurityIsAnErrorAndHidesNoRows) {
  const char* secretive = std::getenv("SLUICE_TEST_POSTGRES_SECRETIVE");
  if (secretive == nullptr) GTEST_SKIP() << "SLUICE_TEST_POSTGRES_SECRETIVE is not set";
  run("CREATE TABLE t AS SELECT 1 AS id; ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
      "CREATE POLICY none ON t USING (false); GRANT SELECT ON t TO secretive");
  Location location = *parse_location(secretive);
  location.database = location_.database;
  location.password = Secret(std::getenv("SLUICE_TEST_POSTGRES_SECRET"));
  endpoint_ = std::move(*open_postgres(location, *engine_));
  const auto inventory = read().inspect();
  ASSERT_TRUE(inventory) << inventory.error().message;
  const auto rows = session_->count(inventory->tables.at(0));
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().kind, ErrorKind::kDenied);
}

TEST_F(PostgresConnect, TableWithoutPrivilegeIsDenied) {
  const char* secretive = std::getenv("SLUICE_TEST_POSTGRES_SECRETIVE");
  if (secretive == nullptr) GTEST_SKIP() << "SLUICE_TEST_POSTGRES_SECRETIVE is not set";
  run("CREATE TABLE t AS SELECT 1 AS id");
  Location location = *parse_location(secretive);
  location.database = location_.database;
  location.password = Secret(std::getenv("SLUICE_TEST_POSTGRES_SECRET"));
  endpoint_ = std::move(*open_postgres(location, *engine_));
  read();
  Table table = inspect_table("t");
  const Status surveyed = session_->survey(table);
  ASSERT_FALSE(surveyed);
  EXPECT_EQ(surveyed.error().kind, ErrorKind::kDenied);
  EXPECT_TRUE(session_->inspect());  // the snapshot lives on
}

}  // namespace
}  // namespace sluice::testing
