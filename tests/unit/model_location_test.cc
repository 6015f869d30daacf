#include <gtest/gtest.h>

#include "model/location.h"

namespace sluice {
namespace {

std::string displayed(const char* text) {
  const auto location = parse_location(text);
  return location ? location->display() : "error: " + location.error().message;
}

TEST(ModelLocation, Files) {
  EXPECT_EQ(displayed("duckdb:a/b.db"), "duckdb:a/b.db");
  EXPECT_EQ(displayed("duckdb:/a.db"), "duckdb:/a.db");
  EXPECT_EQ(displayed("sqlite:///a.db"), "sqlite:a.db");
  EXPECT_EQ(displayed("sqlite:////a.db"), "sqlite:/a.db");
  EXPECT_EQ(displayed("sqlite+pysqlite:////a.db"), "sqlite:/a.db");
  EXPECT_EQ(displayed("parquet:a%20b"), "parquet:a b");
  EXPECT_EQ(displayed("some/file.db"), "some/file.db");
  EXPECT_EQ(displayed("C:strange"), "C:strange");
  EXPECT_EQ(displayed("csv:x?delimiter=%3B"), "csv:x?delimiter=;");
}

TEST(ModelLocation, MariadbIsMysql) {
  const auto location = parse_location("mariadb://us%40er:p%2Fw@db.example:3307/shop?ssl_mode=x");
  ASSERT_TRUE(location.has_value());
  EXPECT_EQ(location->kind, "mysql");
  EXPECT_EQ(location->password.reveal(), "p/w");
  EXPECT_EQ(location->port, 3307);
  EXPECT_EQ(location->display(), "mysql://us@er@db.example:3307/shop?ssl_mode=x");
}

TEST(ModelLocation, Servers) {
  const auto full =
      parse_location("postgresql+psycopg2://us%40er:p%2Fw@db.example:5433/d%20b?schema=s");
  ASSERT_TRUE(full.has_value());
  EXPECT_EQ(full->kind, "postgres");
  EXPECT_EQ(full->user, "us@er");
  EXPECT_EQ(full->password.reveal(), "p/w");
  EXPECT_EQ(full->host, "db.example");
  EXPECT_EQ(full->port, 5433);
  EXPECT_EQ(full->database, "d b");
  EXPECT_EQ(full->parameter("schema", ""), "s");
  EXPECT_EQ(displayed("postgres://u@[::1]:5432/d"), "postgres://u@[::1]:5432/d");
  EXPECT_EQ(displayed("postgres://u@h/d"), "postgres://u@h/d");
  EXPECT_EQ(displayed("postgres:///d?host=/run/pg"), "postgres:///d?host=/run/pg");
}

TEST(ModelLocation, NoSecretIsShown) {
  for (const char* text :
       {"postgres://u:hunter2@h:5432/d", "postgres://u@h/d?password=hunter2",
        "postgres://u@h/d?sslpassword=hunter2", "parquet:x?aws_secret_access_key=hunter2",
        "postgres://u:hunter2/x@h/d", "postgres://u:hunter2?x@h/d", "postgres:u:hunter2@h/d",
        "postgres://u:hunter2@h:notaport/d", "foo://u:hunter2@h/d"}) {
    EXPECT_EQ(displayed(text).find("hunter2"), std::string::npos) << displayed(text);
  }
}

TEST(ModelLocation, Rejections) {
  for (const char* text :
       {"", "duckdb:", "postgres:d", "foo://x", "postgres://h:0/d", "postgres://h:65536/d",
        "postgres://h:x/d", "postgres://h:/d", "postgres://[::1/d"}) {
    const auto location = parse_location(text);
    ASSERT_FALSE(location.has_value()) << text;
    EXPECT_EQ(location.error().kind, ErrorKind::kInvalid) << text;
  }
  EXPECT_EQ(displayed("foo://x"), "error: unknown kind of location \"foo\"");
}

}  // namespace
}  // namespace sluice
