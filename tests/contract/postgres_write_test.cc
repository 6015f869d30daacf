// Writing PostgreSQL: what the server itself prints for values that came through binary COPY,
// chunks, the ledger, lost connections.

#include <thread>

#include "contract/postgres_write_fixture.h"

namespace sluice::testing {
namespace {

using Texts = std::vector<std::string>;

class PostgresWrite : public PostgresWriteFixture {
 protected:
  // Writes engine literals of one type; returns what the server prints for them.
  Texts write_column(const Type& type, const std::vector<std::string>& literals) {
    TargetTable table;
    table.name = {"public", "t"};
    table.columns = {column("id", simple_type(TypeKind::kInt32)), column("v", type)};
    plan_.tables = {table};
    const std::string carried = *engine_type_sql(table.columns[1].type);
    std::string sql;
    for (std::size_t i = 0; i < literals.size(); ++i) {
      sql += (i == 0 ? "" : " UNION ALL ") + std::string("SELECT CAST(") + std::to_string(i) +
             " AS INTEGER), CAST(" + literals[i] + " AS " + carried + ")";
    }
    const Status started = start();
    EXPECT_TRUE(started) << started.error().message;
    const auto receipt = write(sql);
    EXPECT_TRUE(receipt) << receipt.error().message;
    EXPECT_EQ(receipt ? receipt->digest.rows : 0, literals.size());
    Texts out;
    const TableName staged = writer_->staged_name(table);
    for (const auto& row : rows("SELECT v FROM " + staged.quoted() + " ORDER BY id")) {
      out.push_back(row[0]);
    }
    // Read back through sluice it is the same again.
    Table read_back;
    read_back.name = staged;
    for (const TargetColumn& c : table.columns) {
      Column& added = read_back.columns.emplace_back();
      added.name = c.name;
      added.type = c.type;
    }
    read();
    EXPECT_EQ(digest(*session_->relation(read_back, nullptr, ReadPath::kFast), read_back),
              digest("(SELECT * FROM (" + sql + ") AS q(id, v))", read_back));
    session_.reset();  // a reader keeps the staging table from being dropped
    const auto undone = writer_->rollback(false);
    EXPECT_TRUE(undone) << undone.error().message;
    return out;
  }
  Texts write_kind(TypeKind kind, const std::vector<std::string>& literals) {
    return write_column(simple_type(kind), literals);
  }
};

TEST_F(PostgresWrite, Integers) {
  EXPECT_EQ(write_kind(TypeKind::kInt8, {"-128", "127", "NULL"}), (Texts{"-128", "127", "NULL"}));
  EXPECT_EQ(write_kind(TypeKind::kUInt8, {"255"}), Texts{"255"});
  EXPECT_EQ(write_kind(TypeKind::kUInt16, {"65535"}), Texts{"65535"});
  EXPECT_EQ(write_kind(TypeKind::kUInt32, {"4294967295"}), Texts{"4294967295"});
  EXPECT_EQ(write_kind(TypeKind::kInt64, {"-9223372036854775808"}), Texts{"-9223372036854775808"});
  EXPECT_EQ(write_kind(TypeKind::kUInt64, {"18446744073709551615", "0"}),
            (Texts{"18446744073709551615", "0"}));
  EXPECT_EQ(write_kind(TypeKind::kInt128, {"'-170141183460469231731687303715884105728'::HUGEINT"}),
            Texts{"-170141183460469231731687303715884105728"});
  EXPECT_EQ(write_kind(TypeKind::kUInt128, {"340282366920938463463374607431768211455::UHUGEINT"}),
            Texts{"340282366920938463463374607431768211455"});
}

TEST_F(PostgresWrite, DecimalsOfEveryWidth) {
  EXPECT_EQ(write_column(decimal_type(4, 1), {"'-999.9'", "'0.5'", "0"}),
            (Texts{"-999.9", "0.5", "0.0"}));
  EXPECT_EQ(write_column(decimal_type(9, 0), {"999999999", "10000", "-100000000"}),
            (Texts{"999999999", "10000", "-100000000"}));
  EXPECT_EQ(
      write_column(decimal_type(18, 18), {"'0.000000000000000001'", "'-0.123456789012345678'"}),
      (Texts{"0.000000000000000001", "-0.123456789012345678"}));
  EXPECT_EQ(write_column(decimal_type(38, 10), {"'9999999999999999999999999999.9999999999'",
                                                "'-0.0000000001'", "'1.10'"}),
            (Texts{"9999999999999999999999999999.9999999999", "-0.0000000001", "1.1000000000"}));
  EXPECT_EQ(write_column(decimal_type(38, 37), {"'9.9999999999999999999999999999999999999'"}),
            Texts{"9.9999999999999999999999999999999999999"});
}

TEST_F(PostgresWrite, NumericText) {
  EXPECT_EQ(write_kind(TypeKind::kNumeric,
                       {"'NaN'", "'Infinity'", "'-Infinity'", "'1.10'", "'-0.00000000000000000001'",
                        "'100000000'", "'12345678901234567890123456789012345678901234567890.5'"}),
            (Texts{"NaN", "Infinity", "-Infinity", "1.10", "-0.00000000000000000001", "100000000",
                   "12345678901234567890123456789012345678901234567890.5"}));
}

TEST_F(PostgresWrite, Floats) {
  EXPECT_EQ(write_kind(TypeKind::kFloat64, {"'NaN'", "'-inf'", "'-0'", "5e-324", "0.1"}),
            (Texts{"NaN", "-Infinity", "-0", "5e-324", "0.1"}));
  EXPECT_EQ(write_kind(TypeKind::kFloat32, {"0.1", "'inf'"}), (Texts{"0.1", "Infinity"}));
}

TEST_F(PostgresWrite, Temporals) {
  EXPECT_EQ(write_kind(TypeKind::kDate, {"'infinity'", "'-infinity'", "'0044-03-15 (BC)'",
                                         "'5874897-12-31'", "'4714-11-24 (BC)'"}),
            (Texts{"infinity", "-infinity", "0044-03-15 BC", "5874897-12-31", "4714-11-24 BC"}));
  EXPECT_EQ(write_kind(TypeKind::kTimestamp,
                       {"'infinity'", "'-infinity'", "'1969-12-31 23:59:59.999999'"}),
            (Texts{"infinity", "-infinity", "1969-12-31 23:59:59.999999"}));
  EXPECT_EQ(write_kind(TypeKind::kTimestampTz, {"'2024-07-01 12:00:00+05:30'"}),
            Texts{"2024-07-01 06:30:00+00"});
  EXPECT_EQ(write_kind(TypeKind::kTime, {"'24:00:00'", "'00:00:00.000001'"}),
            (Texts{"24:00:00", "00:00:00.000001"}));
  EXPECT_EQ(write_kind(TypeKind::kTimeTz, {"'23:59:59.999999+05:30'", "'00:00:00-15:59:59'"}),
            (Texts{"23:59:59.999999+05:30", "00:00:00-15:59:59"}));
  EXPECT_EQ(write_kind(TypeKind::kInterval,
                       {"INTERVAL '1 month'", "INTERVAL '30 days'", "INTERVAL '-0.5 seconds'"}),
            (Texts{"P1M", "P30D", "PT-0.5S"}));
}

TEST_F(PostgresWrite, TextBytesBitsUuidsJson) {
  EXPECT_EQ(write_kind(TypeKind::kText, {"''", "NULL", "'Ünï 🦆'"}),
            (Texts{"", "NULL", "Ünï 🦆"}));
  EXPECT_EQ(write_kind(TypeKind::kBlob, {"'\\x00\\xFF'::BLOB", "''::BLOB"}),
            (Texts{"\\x00ff", "\\x"}));
  EXPECT_EQ(write_kind(TypeKind::kBit, {"'10101'", "'1'", "'0000000011'"}),
            (Texts{"10101", "1", "0000000011"}));
  EXPECT_EQ(write_kind(TypeKind::kUuid, {"'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"}),
            Texts{"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"});
  EXPECT_EQ(write_kind(TypeKind::kJson, {"'{\"b\":1 , \"b\":2}'"}), Texts{"{\"b\":1 , \"b\":2}"});
  Type jsonb = simple_type(TypeKind::kJson);
  jsonb.native_name = "jsonb";
  EXPECT_EQ(write_column(jsonb, {"'{\"a\": [1, 2.50, null], \"b\": 1}'"}),
            Texts{"{\"a\": [1, 2.50, null], \"b\": 1}"});
}

TEST_F(PostgresWrite, Lists) {
  EXPECT_EQ(write_column(list_type(simple_type(TypeKind::kInt32)),
                         {"[1, NULL, 3]", "[]", "NULL", "[NULL]"}),
            (Texts{"{1,NULL,3}", "{}", "NULL", "{NULL}"}));
  EXPECT_EQ(write_column(list_type(simple_type(TypeKind::kText)), {"['', NULL, 'a,b', 'NULL']"}),
            Texts{"{\"\",NULL,\"a,b\",\"NULL\"}"});
  EXPECT_EQ(write_column(list_type(decimal_type(9, 2)), {"[1.10, -2]"}), Texts{"{1.10,-2.00}"});
  EXPECT_EQ(write_column(list_type(simple_type(TypeKind::kUInt8)), {"[255]"}), Texts{"{255}"});
  EXPECT_EQ(write_column(list_type(simple_type(TypeKind::kTimestampTz)),
                         {"['2024-01-01 00:00:00+00'::TIMESTAMPTZ]"}),
            Texts{"{\"2024-01-01 00:00:00+00\"}"});
}

TEST_F(PostgresWrite, NulByteIsRefusedByTheServer) {
  plan_.tables = {people()};
  ASSERT_TRUE(start());
  const auto receipt = write("SELECT 1::BIGINT, 'a' || chr(0)");
  ASSERT_FALSE(receipt);
  EXPECT_EQ(receipt.error().kind, ErrorKind::kWouldLoseData);
  EXPECT_EQ(receipt.error().vendor_code, "22021");
  EXPECT_TRUE((*writer_->landed())[0].empty());
}

TEST_F(PostgresWrite, ChunksLandOnceWithTheirDigests) {
  plan_.tables = {people()};
  ASSERT_TRUE(start());
  const auto first = *write("SELECT i, 'n' || i FROM range(0, 5000) r(i)", 0);
  const auto second = *write("SELECT i, NULL FROM range(5000, 5010) r(i)", 7);
  EXPECT_GT(first.bytes, 5000U);
  const auto again = write("SELECT i, 'n' || i FROM range(0, 5000) r(i)", 0);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::kConflict);
  ASSERT_TRUE(start());  // as a process that resumes
  const Landed landed = (*writer_->landed())[0];
  ASSERT_EQ(landed.size(), 2U);
  EXPECT_EQ(landed.at(0), first.digest);
  EXPECT_EQ(landed.at(7), second.digest);
  EXPECT_EQ(value("SELECT count(*) FROM " + writer_->staged_name(plan_.tables[0]).quoted()),
            "5010");
  ASSERT_TRUE(writer_->discard_table(plan_.tables[0]));
  EXPECT_TRUE((*writer_->landed())[0].empty());
  EXPECT_EQ(value("SELECT count(*) FROM " + writer_->staged_name(plan_.tables[0]).quoted()), "0");
}

TEST_F(PostgresWrite, SeveralThreadsWriteOneTable) {
  plan_.tables = {people()};
  ASSERT_TRUE(start());
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      auto connection = std::move(*engine_->connect());
      for (int i = 0; i < 3; ++i) {
        ChunkJob job;
        job.table = &plan_.tables[0];
        job.chunk = t * 3 + i;
        job.select_sql = "SELECT i, 'x' FROM range(" + std::to_string(job.chunk * 1000) + ", " +
                         std::to_string(job.chunk * 1000 + 1000) + ") r(i)";
        if (!writer_->write_chunk(job, *connection)) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ((*writer_->landed())[0].size(), 12U);
  ASSERT_TRUE(writer_->finish(plan_.tables[0]));
  EXPECT_EQ(value("SELECT count(*) FROM " + writer_->staged_name(plan_.tables[0]).quoted()),
            "12000");
}

// Ends the connection that writes, from inside the stream that feeds it.
class Killer : public TableSource {
 public:
  explicit Killer(std::function<void()> kill) : kill_(std::move(kill)) {}
  const std::vector<SourceColumn>& columns() const override { return columns_; }
  Result<std::unique_ptr<PartitionReader>> open(std::size_t /*partition*/,
                                                const std::vector<std::size_t>& /*p*/) override {
    return std::make_unique<Reader>(kill_);
  }

 private:
  class Reader : public PartitionReader {
   public:
    explicit Reader(std::function<void()>& kill) : kill_(kill) {}
    Result<std::size_t> read(std::vector<ColumnWriter>& columns, std::size_t rows_max) override {
      if (++calls_ == 50) kill_();
      if (calls_ > 2000) return 0;
      for (std::size_t i = 0; i < rows_max && !columns.empty(); ++i) {
        columns[0].data<std::int64_t>()[i] = static_cast<std::int64_t>(i);
      }
      return rows_max;
    }

   private:
    std::function<void()>& kill_;
    int calls_ = 0;
  };
  std::function<void()> kill_;
  std::vector<SourceColumn> columns_{{"id", simple_type(TypeKind::kInt64)}};
};

TEST_F(PostgresWrite, LostConnectionIsTransientAndNothingLands) {
  plan_.tables = {people()};
  plan_.tables[0].keys.clear();
  ASSERT_TRUE(start());
  const std::string relation = engine_->add_source(std::make_shared<Killer>([&] {
    run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
        "current_database() AND query LIKE 'COPY%people%FROM STDIN%'");
  }));
  const auto receipt = write("SELECT id, 'some text that fills buffers' FROM " + relation);
  ASSERT_FALSE(receipt);
  EXPECT_EQ(receipt.error().kind, ErrorKind::kTransient) << receipt.error().message;
  EXPECT_TRUE((*writer_->landed())[0].empty());
  EXPECT_TRUE(write("SELECT 1::BIGINT, 'after'"));  // on another connection
  EXPECT_EQ((*writer_->landed())[0].size(), 1U);
}

}  // namespace
}  // namespace sluice::testing
