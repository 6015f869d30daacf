#include "endpoint/mysql/survey.h"

#include <fmt/format.h>

#include <functional>

#include "base/text.h"

namespace sluice::mysql {
namespace {

// Expressions to ask, and who takes their answers.
struct Question {
  std::vector<std::string> expressions;
  std::function<void(const Rows& rows, int first)> take;
};

// count, and one of the values as text.
Question hazard_question(Column& column, const std::string& quoted, const std::string& condition,
                         std::string kind, std::string what) {
  return {{fmt::format("COUNT(CASE WHEN {} THEN 1 END)", condition),
           fmt::format("MIN(CASE WHEN {} THEN CAST({} AS CHAR) END)", condition, quoted)},
          [&column, kind = std::move(kind), what = std::move(what)](const Rows& rows, int first) {
            const auto count = static_cast<std::uint64_t>(rows.number(0, first));
            if (count == 0) return;
            column.hazards.push_back(
                {kind,
                 fmt::format("{} value{} {}, one is '{}'", count, count == 1 ? " is" : "s are",
                             what, rows.text(0, first + 1)),
                 count});
          }};
}

// TIME is a time of day or a span: a column that has other than times of a day holds spans.
Question time_question(Column& column, const std::string& quoted) {
  return {{fmt::format("COUNT(CASE WHEN {0} < '00:00:00' OR {0} > '24:00:00' THEN 1 END)", quoted)},
          [&column](const Rows& rows, int first) {
            if (rows.number(0, first) > 0) column.type.kind = TypeKind::kInterval;
          }};
}

std::optional<Question> question_of(Column& column, const NativeColumn& native) {
  const std::string quoted = quote_identifier(native.name);
  switch (column.type.kind) {
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
      // Arithmetic gives NULL for whatever is no date: zeros in it, February 31st, the year 0.
      return hazard_question(
          column, quoted,
          fmt::format("{0} IS NOT NULL AND DATE_ADD({0}, INTERVAL 0 DAY) IS NULL", quoted),
          "zero_date", "no date (zeros, or a day that is not in the calendar)");
    case TypeKind::kTime:
      return time_question(column, quoted);
    case TypeKind::kEnum:
      return hazard_question(column, quoted, fmt::format("{} + 0 = 0", quoted), "invalid_enum",
                             "none of the enum's labels");
    case TypeKind::kGeometry:
      return hazard_question(column, fmt::format("ST_SRID({})", quoted),
                             fmt::format("ST_SRID({}) <> 0", quoted), "srid",
                             "in a reference system (SRID), which WKB does not hold");
    default:
      return std::nullopt;
  }
}

}  // namespace

Status survey(Snapshot& snapshot, Table& table) {
  if (table.is_view && table.columns.empty()) return {};
  TRY_ASSIGN(const Relation relation, snapshot.relation(table.name));
  std::vector<Question> questions;
  std::vector<std::string> expressions;
  for (Column& column : table.columns) {
    const NativeColumn* native = relation.find_column(column.name);
    if (native == nullptr) {
      return fail(Error(ErrorKind::kNotFound,
                        fmt::format("{} has no column \"{}\"", table.name.display(), column.name))
                      .about(table.name.display()));
    }
    // A column that travels as its text needs no look.
    if (column.type.kind != type_of(*native).kind) continue;
    std::optional<Question> question = question_of(column, *native);
    if (!question) continue;
    for (const std::string& e : question->expressions) expressions.push_back(e);
    questions.push_back(std::move(*question));
  }
  if (questions.empty()) return {};
  TRY_ASSIGN(
      const Rows rows,
      snapshot.query(fmt::format("SELECT {} FROM {}", join(expressions, ", "), table.name.quoted()),
                     "survey " + table.name.display()));
  int at = 0;
  for (const Question& question : questions) {
    question.take(rows, at);
    at += static_cast<int>(question.expressions.size());
  }
  return {};
}

}  // namespace sluice::mysql
