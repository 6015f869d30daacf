#include "endpoint/text/text_endpoint.h"

#include <fstream>

#include "base/file.h"
#include "endpoint/text/export_file.h"
#include "unit/file_endpoint_fixture.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

class TextEndpointTest : public FileEndpointTest {
 protected:
  void put(const std::string& name, const std::string& text) {
    fs::create_directories((folder_ / "files" / name).parent_path());
    std::ofstream(folder_ / "files" / name, std::ios::binary) << text;
  }
  std::unique_ptr<ReadSession> read(const std::string& kind) {
    Location location;
    location.kind = kind;
    location.path = (folder_ / "files").string();
    auto endpoint = open_text(location, *engine_, false);
    EXPECT_TRUE(endpoint) << endpoint.error().message;
    auto session = (*endpoint)->read();
    EXPECT_TRUE(session) << session.error().message;
    endpoint_ = std::move(*endpoint);
    return std::move(*session);
  }
  // "name type, ...: rows" of the only table, after its survey.
  std::string whole(ReadSession& session, ReadPath path) {
    auto inventory = session.inspect();
    if (!inventory) return kind_of(inventory);
    Table& table = inventory->tables.at(0);
    const Status surveyed = session.survey(table);
    if (!surveyed) return kind_of(surveyed) + ": " + surveyed.error().message;
    std::vector<std::string> columns;
    for (const Column& c : table.columns) columns.push_back(c.name + " " + to_string(c.type));
    return join(columns, ", ") + ": " +
           ask("FROM " + session.relation(table, nullptr, path).value());
  }
  std::string exported(const std::string& select, const std::string& format) {
    const auto done = export_file(*connection_, select, folder_ / "out", format);
    if (!done) return kind_of(done) + ": " + done.error().message;
    return std::to_string(done->rows) + "\n" +
           (format == "parquet" ? "" : *read_file(folder_ / "out"));
  }
  std::unique_ptr<Endpoint> endpoint_;
};

TEST_F(TextEndpointTest, csv_keeps_null_empty_text_and_leading_zeros_apart) {
  put("t.csv",
      "id,name,code,big,at\n1,,007,0.12345678901234567890,2024-02-29\n"
      "2,\"\",010,1.5,2024-03-01\n3,\"a,\"\"b\"\"\nc\",,,\n");
  const auto session = read("csv");
  const std::string expected =
      "id int64, name text, code text, big text, at date: "
      "1|NULL|007|0.12345678901234567890|2024-02-29;2||010|1.5|2024-03-01;"
      "3|a,\"b\"\nc|NULL|NULL|NULL";
  EXPECT_EQ(expected, whole(*session, ReadPath::kFast));
  EXPECT_EQ(expected, whole(*session, ReadPath::kIndependent));
}

TEST_F(TextEndpointTest, csv_types_come_from_the_whole_file) {
  std::string text = "v\n";
  for (int i = 0; i < 60000; ++i) text += std::to_string(i) + "\n";
  put("t.csv", text + "none\n");
  const auto session = read("csv");
  const auto inventory = session->inspect();
  ASSERT_OK(inventory);
  EXPECT_EQ("text", to_string(inventory->tables.at(0).columns.at(0).type));
  EXPECT_EQ(60001U, session->count(inventory->tables.at(0)).value());
}

TEST_F(TextEndpointTest, json_arrays_and_lines_are_read_and_big_numbers_stay_whole) {
  put("t.json",
      "[{\"i\": 1, \"s\": \"\", \"n\": 12345678901234567890123, \"f\": 1.5},\n"
      " {\"i\": null, \"n\": 1, \"l\": [1, null]}]");
  const std::string expected =
      "i int64, s text, n text, f float64, l list<int64>: "
      "1||12345678901234567890123|1.5|NULL;NULL|NULL|1|NULL|[1, NULL]";
  EXPECT_EQ(expected, whole(*read("json"), ReadPath::kFast));
  fs::remove(folder_ / "files" / "t.json");
  put("t.ndjson",
      "{\"i\": 1, \"s\": \"\", \"n\": 12345678901234567890123, \"f\": 1.5}\n"
      "{\"i\": null, \"n\": 1, \"l\": [1, null]}\n");
  EXPECT_EQ(expected, whole(*read("json"), ReadPath::kFast));
}

TEST_F(TextEndpointTest, json_fractions_that_the_parser_would_cut_are_refused) {
  put("t.json",
      "{\"f\": 0.5, \"s\": \"\\\"0.12345678901234567890\"}\n{\"f\": 0.12345678901234567890}\n");
  EXPECT_EQ(
      "unsupported: table \"t\": the number 0.12345678901234567890 has more digits than the "
      "JSON parser keeps",
      whole(*read("json"), ReadPath::kFast));
  put("t.json", "{\"f\": 0.5, \"s\": \"\\\"0.12345678901234567890\"}\n");
  EXPECT_EQ("f float64, s text: 0.5|\"0.12345678901234567890",
            whole(*read("json"), ReadPath::kFast));
}

TEST_F(TextEndpointTest, export_writes_what_can_be_read_back) {
  EXPECT_EQ("2\n\"i\",\"s\"\n\"1\",\"\"\n,\"x,\"\"y\"\"\"\n",
            exported("SELECT * FROM (VALUES (1, ''), (NULL, 'x,\"y\"')) t(i, s)", "csv"));
  EXPECT_EQ(
      "1\n{\"big\":\"9007199254740993\",\"small\":5,\"nan\":\"nan\",\"zero\":-0.0,"
      "\"long\":\"0.1234567890123456789\",\"short\":1.5}\n",
      exported("SELECT 9007199254740993 AS big, 5::BIGINT AS small, 'nan'::DOUBLE AS nan, "
               "'-0.0'::DOUBLE AS zero, 0.1234567890123456789::DECIMAL(38,19) AS long, "
               "1.5::DECIMAL(4,2) AS short",
               "json"));
  EXPECT_EQ("1\n", exported("SELECT 1 AS a, [1, NULL] AS l", "parquet"));
  // The tap sees the rows of the result, not those below a join.
  sql("CREATE TABLE big AS SELECT range AS i FROM range(100000)");
  EXPECT_EQ("100\n",
            exported("SELECT b.* FROM big b JOIN range(100) r(j) ON b.i = r.j * 7", "parquet"));
  EXPECT_EQ("mismatch", exported("SELECT 1::HUGEINT AS h", "parquet").substr(0, 8));
  EXPECT_EQ((std::vector<std::string>{"out"}), names_in(folder_));
}

TEST_F(TextEndpointTest, text_is_no_target) {
  Location location;
  location.kind = "csv";
  location.path = folder_.string();
  EXPECT_EQ("invalid", kind_of(open_text(location, *engine_, true)));
  put("t.csv", "a\n1\n");
  const auto session = read("csv");
  EXPECT_EQ("invalid", kind_of(endpoint_->write("01JD0000000000000000000001", {})));
  location.path = (folder_ / "nothing").string();
  EXPECT_EQ("not_found", kind_of(open_text(location, *engine_, false)));
}

}  // namespace
}  // namespace sluice
