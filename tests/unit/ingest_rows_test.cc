#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>

#include "engine/kept_rows.h"
#include "format/records/json_object.h"
#include "fuzz_smoke.h"
#include "ingest/column_value.h"
#include "ingest/later_rows.h"
#include "model_engine.h"

namespace sluice::ingest {
namespace {

using records::JsonField;
using records::JsonValue;
using test::shown;

// Rows that a function fills, the same number in each partition.
class MadeRows final : public TableSource {
 public:
  using Fill = std::function<Status(std::vector<ColumnWriter>&, std::size_t cell, std::size_t row)>;
  MadeRows(std::vector<SourceColumn> columns, std::size_t partitions, std::size_t rows, Fill fill)
      : columns_(std::move(columns)),
        partitions_(partitions),
        rows_(rows),
        fill_(std::move(fill)) {}

  const std::vector<SourceColumn>& columns() const override { return columns_; }
  std::size_t partitions() const override { return partitions_; }
  Result<std::unique_ptr<PartitionReader>> open(std::size_t partition,
                                                const std::vector<std::size_t>&) override {
    return std::make_unique<Reader>(*this, partition * rows_);
  }

 private:
  class Reader final : public PartitionReader {
   public:
    Reader(MadeRows& made, std::size_t first) : made_(made), next_(first) {
      end_ = first + made.rows_;
    }
    Result<std::size_t> read(std::vector<ColumnWriter>& columns, std::size_t rows_max) override {
      std::size_t cell = 0;
      for (; cell < rows_max && next_ < end_; ++cell) TRY(made_.fill_(columns, cell, next_++));
      return cell;
    }

   private:
    MadeRows& made_;
    std::size_t next_;
    std::size_t end_ = 0;
  };

  std::vector<SourceColumn> columns_;
  std::size_t partitions_;
  std::size_t rows_;
  Fill fill_;
};

SourceColumn column(const char* name, TypeKind kind) { return {name, simple_type(kind)}; }

constexpr KeptRows::Limits kLimits{2, std::uint64_t{1} << 30, nullptr};

std::string text_of(std::size_t row) {
  return std::string(row % 40, 'x') + std::to_string(row);  // some of them in cells, some beside
}

MadeRows numbers_and_texts(std::size_t partitions, std::size_t rows) {
  return {{column("n", TypeKind::kInt64), column("t", TypeKind::kText)},
          partitions,
          rows,
          [](std::vector<ColumnWriter>& columns, std::size_t cell, std::size_t row) -> Status {
            columns[0].data<std::int64_t>()[cell] = static_cast<std::int64_t>(row);
            if (row % 7 == 0) {
              columns[1].set_null(cell);
            } else {
              columns[1].set_text(cell, text_of(row));
            }
            return {};
          }};
}

TEST(KeptRows, AreInTheOrderOfTheirPartitionsAndSqlSeesThemByMark) {
  MadeRows made = numbers_and_texts(5, 3000);
  const auto rows = std::move(*KeptRows::read(made, kLimits));
  ASSERT_NE(rows, nullptr);
  std::int64_t next = 0;
  for (std::size_t i = 0; i < rows->batches(); ++i) {
    const Batch batch = rows->batch(i);
    for (std::size_t row = 0; row < batch.rows; ++row, ++next) {
      ASSERT_EQ(batch.columns[0].at<std::int64_t>(row), next);
      rows->marks(i)[row] = next % 3 == 0 ? 5 : 0;
    }
  }
  EXPECT_EQ(next, 15000);
  Engine& engine = test::shared_engine();
  const std::int64_t kept = engine.add_kept(rows);
  EXPECT_EQ(shown("SELECT count(*), sum(n), count(t), max(sluice_mark) FROM " +
                  kept_relation(kept, mark_bit(5))),
            "5000|37492500|4285|5");
  EXPECT_EQ(shown("SELECT count(*), count(DISTINCT n) FROM " +
                  kept_relation(kept, mark_bit(0) | mark_bit(5))),
            "15000|15000");
  EXPECT_EQ(shown("SELECT t, sluice_mark FROM " + kept_relation(kept, mark_bit(0)) +
                  " WHERE n IN (13, 38, 14) ORDER BY n"),
            "xxxxxxxxxxxxx13|0\n<null>|0\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx38|0");
  EXPECT_EQ(shown("SELECT count(*) FROM " + kept_relation(kept, mark_bit(9))), "0");
  engine.remove_kept(kept);
  EXPECT_NE(shown("FROM " + kept_relation(kept, 1)).find("no such rows"), std::string::npos);
}

TEST(KeptRows, AreNoneWhereTheyTakeMoreThanIsAllowed) {
  MadeRows made = numbers_and_texts(5, 3000);
  const auto rows = KeptRows::read(made, {2, 100'000, nullptr});
  ASSERT_TRUE(rows);
  EXPECT_EQ(*rows, nullptr);
}

TEST(KeptRows, ReadingEndsWithTheSourcesErrorAndWhenItIsInterrupted) {
  MadeRows broken({column("n", TypeKind::kInt64)}, 4, 10,
                  [](std::vector<ColumnWriter>&, std::size_t, std::size_t row) -> Status {
                    if (row == 25) return fail(ErrorKind::kCorrupt, "row 25 is broken");
                    return {};
                  });
  const auto rows = KeptRows::read(broken, kLimits);
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().message, "row 25 is broken");
  CancelToken cancel;
  cancel.request();
  MadeRows made = numbers_and_texts(1, 10);
  const auto cut = KeptRows::read(made, {1, 1 << 20, &cancel});
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().kind, ErrorKind::kCancelled);
}

// What a row is, drawn from its number.
struct DrawnRow {
  std::int64_t number;
  std::string text;
  int value;
};

DrawnRow drawn(std::size_t row) {
  std::mt19937 random(static_cast<unsigned>(row));
  return {static_cast<std::int64_t>(random() % 300), text_of(random() % 50),
          static_cast<int>(random() % 2)};
}

// Records of the same row differ in every fifth row, as their blanks may.
std::uint64_t record_hash(std::size_t row) {
  const DrawnRow one = drawn(row);
  return static_cast<std::uint64_t>(one.number) * 1000 + one.text.size() * 10 +
         static_cast<std::uint64_t>(one.value) + (row % 5 == 0 ? 1'000'000 : 0);
}

TEST(LaterRows, AreThoseThatAScanOneByOneFinds) {
  constexpr std::size_t kRows = 4'000;
  MadeRows made(
      {column("number", TypeKind::kInt64), column("text", TypeKind::kText),
       column("value", TypeKind::kInt32), column("at", TypeKind::kInt64),
       column("hash", TypeKind::kUInt64)},
      4, kRows,
      [](std::vector<ColumnWriter>& columns, std::size_t cell, std::size_t row) -> Status {
        const DrawnRow one = drawn(row);
        columns[0].data<std::int64_t>()[cell] = one.number;
        columns[1].set_text(cell, one.text);
        columns[2].data<std::int32_t>()[cell] = one.value;
        columns[3].data<std::int64_t>()[cell] = static_cast<std::int64_t>(row);
        columns[4].data<std::uint64_t>()[cell] = record_hash(row);
        return {};
      });
  for (const int threads : {1, 2, 7}) {
    const auto rows = std::move(*KeptRows::read(made, kLimits));
    ASSERT_NE(rows, nullptr);
    // A rejected row is nobody's first one.
    rows->marks(0)[0] = kRejected;
    ASSERT_TRUE(mark_later_rows(*rows, {0, 1}, 3, threads));
    std::map<std::pair<std::int64_t, std::string>, int> first;
    std::array<int, 3> seen{};
    for (std::size_t i = 0, row = 0; i < rows->batches(); ++i) {
      for (std::size_t cell = 0; cell < rows->rows(i); ++cell, ++row) {
        if (row == 0) continue;
        const DrawnRow one = drawn(row);
        const auto [at, is_new] = first.try_emplace({one.number, one.text}, one.value);
        const Mark expected = is_new ? kStays : at->second == one.value ? kInBatch : kInBatchOther;
        ASSERT_EQ(rows->marks(i)[cell], expected) << row;
        ++seen[expected == kStays ? 0 : expected == kInBatch ? 1 : 2];
      }
    }
    EXPECT_EQ(rows->marks(0)[0], kRejected);
    for (const int count : seen) EXPECT_GT(count, 400);
  }
}

TEST(ObjectParser, SaysOfEachObjectWhatParsingItAloneSays) {
  std::mt19937 random(7);
  const std::vector<std::string> seeds = {
      R"({"device": 12, "when": "2026-01-01T00:00:00Z", "lat": -12.25, "ok": true})",
      R"({"device": 13, "when": "2026-01-01T00:00:05Z", "lat": 1e5, "ok": null})",
      R"({"device":13,"when":"2026-01-01T00:00:05Z","lat":1e5,"ok":null})",
      R"({ "a" : {"b": [1, "}"]}, "\u0062": "x\ny" , "ok":false })", "{}"};
  records::ObjectParser parser;
  std::vector<JsonField> alone;
  std::vector<JsonField> after_others;
  int wrong = 0;
  for (int round = 0; round < 20 * kRounds; ++round) {
    std::string text = seeds[random() % seeds.size()];
    if (random() % 3 == 0) text = mutated(text, random);
    const auto expected = records::parse_object(text, alone);
    const auto found = parser.parse(text, after_others);
    ASSERT_EQ(found.what == nullptr, expected.what == nullptr) << text;
    if (expected.what != nullptr) {
      ++wrong;
      ASSERT_STREQ(found.what, expected.what) << text;
      ASSERT_EQ(found.at, expected.at) << text;
      continue;
    }
    ASSERT_EQ(after_others.size(), alone.size()) << text;
    for (std::size_t i = 0; i < alone.size(); ++i) {
      ASSERT_EQ(after_others[i].name.text, alone[i].name.text) << text;
      ASSERT_EQ(after_others[i].name.is_escaped, alone[i].name.is_escaped) << text;
      ASSERT_EQ(after_others[i].value.kind, alone[i].value.kind) << text;
      ASSERT_EQ(after_others[i].value.text, alone[i].value.text) << text;
    }
  }
  EXPECT_GT(wrong, kRounds);
}

TEST(ObjectParser, GivesANameTheNumberThatItHadInThatPlace) {
  records::ObjectParser parser;
  std::vector<JsonField> fields;
  ASSERT_EQ(parser.parse(R"({"a": 1, "b": 2})", fields).what, nullptr);
  const auto a = fields[0].name_id;
  const auto b = fields[1].name_id;
  ASSERT_EQ(parser.parse(R"({"a": 3, "b": 4, "c": 5})", fields).what, nullptr);
  EXPECT_EQ(fields[0].name_id, a);
  EXPECT_EQ(fields[1].name_id, b);
  ASSERT_EQ(parser.parse(R"({"a": 3, "x": 4})", fields).what, nullptr);
  EXPECT_NE(fields[1].name_id, b);
  EXPECT_EQ(fields[1].name.text, "x");
}

// Numbers of some digits, with and without a point and a sign.
std::string drawn_number(std::mt19937_64& random) {
  std::string digits = std::to_string(random() % 10);
  if (digits != "0") {
    for (auto more = random() % 19; more > 0; --more) digits += std::to_string(random() % 10);
  }
  if (random() % 3 != 0) {
    digits += '.';
    for (auto more = 1 + random() % 19; more > 0; --more) digits += std::to_string(random() % 10);
  }
  return (random() % 2 == 0 ? "-" : "") + digits;
}

TEST(ValueWriter, TakesTheDoubleThatIsNextToWhatIsWritten) {
  constexpr std::size_t kNumbers = 200'000;
  std::mt19937_64 random(11);
  std::vector<std::string> texts;
  // A whole number of more digits than a double holds is refused: there the point helps.
  while (texts.size() < kNumbers) {
    std::string text = drawn_number(random);
    if (text.find('.') == std::string::npos && text.size() > 15) text += ".0";
    texts.push_back(std::move(text));
  }
  MadeRows made(
      {column("d", TypeKind::kFloat64)}, 1, kNumbers,
      [&](std::vector<ColumnWriter>& columns, std::size_t cell, std::size_t row) -> Status {
        std::vector<JsonValue> one;
        const std::string list = "[" + texts[row] + "]";
        EXPECT_EQ(records::parse_array(list, one).what, nullptr) << list;
        ValueWriter writer;
        EXPECT_TRUE(writer.put(columns[0], cell, one.at(0))) << list << writer.reason();
        return {};
      });
  const auto rows = std::move(*KeptRows::read(made, kLimits));
  std::size_t next = 0;
  for (std::size_t i = 0; i < rows->batches(); ++i) {
    const Batch batch = rows->batch(i);
    for (std::size_t row = 0; row < batch.rows; ++row, ++next) {
      const double expected = std::strtod(texts[next].c_str(), nullptr);
      ASSERT_EQ(batch.columns[0].at<double>(row), expected) << texts[next];
    }
  }
  EXPECT_EQ(next, kNumbers);
}

TEST(ValueWriter, PutsPlainWholeNumbersWhereTheyFit) {
  struct Case {
    const char* text;
    bool fits;
  };
  const std::vector<Case> cases = {{"127", true},   {"-128", true}, {"128", false},
                                   {"-129", false}, {"0", true},    {"-0", true},
                                   {"5.0", true},   {"5.5", false}, {"999999999999999999", false},
                                   {"1e2", true},   {"1e3", false}};
  MadeRows made(
      {column("n", TypeKind::kInt8)}, 1, cases.size(),
      [&](std::vector<ColumnWriter>& columns, std::size_t cell, std::size_t row) -> Status {
        std::vector<JsonValue> one;
        const std::string list = std::string("[") + cases[row].text + "]";
        EXPECT_EQ(records::parse_array(list, one).what, nullptr);
        const bool fits = ValueWriter().put(columns[0], cell, one.at(0));
        EXPECT_EQ(fits, cases[row].fits) << cases[row].text;
        if (!fits) columns[0].set_null(cell);
        return {};
      });
  const auto rows = std::move(*KeptRows::read(made, kLimits));
  const Batch batch = rows->batch(0);
  EXPECT_EQ(batch.columns[0].at<std::int8_t>(0), 127);
  EXPECT_EQ(batch.columns[0].at<std::int8_t>(1), -128);
  EXPECT_EQ(batch.columns[0].at<std::int8_t>(6), 5);
  EXPECT_EQ(batch.columns[0].at<std::int8_t>(9), 100);
}

}  // namespace
}  // namespace sluice::ingest
