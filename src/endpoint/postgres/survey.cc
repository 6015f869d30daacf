#include "endpoint/postgres/survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/limits.h"
#include "base/text.h"

namespace sluice::postgres {
namespace {

constexpr std::size_t kExpressionsMax = 1500;  // a SELECT has at most 1664
constexpr std::string_view kSpecial = "{0} IN ('NaN', 'Infinity', '-Infinity')";
constexpr std::string_view kBeyond = "isfinite({0}) AND {0} > '294247-01-10 04:00:54.775806'";
constexpr std::string_view kInfiniteInterval = "NOT isfinite({0})";
constexpr std::string_view kRagged = "array_ndims({0}) > 1 OR array_lower({0}, 1) <> 1";

std::string over(std::string_view sql, const std::string& operand) {
  return replace_all(std::string(sql), "{0}", operand);
}

// Expressions to ask, and who takes their answers.
struct Questions {
  using Take = std::function<void(const Rows& rows, int first)>;
  struct Question {
    std::vector<std::string> expressions;
    Take take;
  };
  std::vector<Question> all;

  void ask(std::vector<std::string> expressions, Take take) {
    all.push_back({std::move(expressions), std::move(take)});
  }
};

std::string counted(const std::string& condition) {
  return "count(*) FILTER (WHERE " + condition + ")";
}

// count, and one of the values as text.
void ask_hazard(Questions& questions, Column& column, const std::string& operand,
                const std::string& condition, std::string kind, std::string what) {
  questions.ask(
      {counted(condition), fmt::format("min({}::text) FILTER (WHERE {})", operand, condition)},
      [&column, kind = std::move(kind), what = std::move(what)](const Rows& rows, int first) {
        const auto count = static_cast<std::uint64_t>(rows.number(0, first));
        if (count == 0) return;
        column.hazards.push_back(
            {kind, fmt::format("{} values are {}, one is {}", count, what, rows.text(0, first + 1)),
             count});
      });
}

// A condition on an element, asked of the array.
std::string any_element(const std::string& operand, std::string_view condition) {
  return fmt::format("EXISTS (SELECT FROM unnest({}) AS u(e) WHERE {})", operand,
                     over(condition, "u.e"));
}

// How many digits stand before the point of a number as text.
int whole_digits(std::string_view text) {
  text = text.substr(0, text.find('.'));
  if (text.starts_with('-')) text.remove_prefix(1);
  return text == "0" ? 0 : static_cast<int>(text.size());
}

void ask_unbounded(Questions& questions, Column& column, const std::string& operand) {
  const std::string finite = "NOT (" + over(kSpecial, operand) + ")";
  questions.ask({fmt::format("max(abs({})) FILTER (WHERE {})", operand, finite),
                 fmt::format("max(min_scale({})) FILTER (WHERE {})", operand, finite)},
                [&column](const Rows& rows, int first) {
                  if (rows.is_null(0, first)) return;
                  const int scale = static_cast<int>(rows.number(0, first + 1));
                  column.type.precision = std::max(1, whole_digits(rows.text(0, first)) + scale);
                  column.type.scale = scale;
                });
}

void ask_specials(Questions& questions, Type& type, const std::string& condition) {
  questions.ask({counted(condition)}, [&type](const Rows& rows, int first) {
    if (rows.number(0, first) > 0) type.kind = TypeKind::kNumeric;
  });
}

void ask_of_value(Questions& questions, Column& column, const std::string& operand) {
  switch (column.type.kind) {
    case TypeKind::kDecimal:
      return ask_specials(questions, column.type, over(kSpecial, operand));
    case TypeKind::kNumeric:
      if (column.type.precision == 0) ask_unbounded(questions, column, operand);
      return;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
      return ask_hazard(questions, column, operand, over(kBeyond, operand), "out_of_range",
                        "after 294247-01-10 04:00:54.775806, where the engine's timestamps end");
    case TypeKind::kInterval:
      return ask_hazard(questions, column, operand, over(kInfiniteInterval, operand),
                        "out_of_range", "infinite intervals");
    default:
      return;
  }
}

void ask_of_array(Questions& questions, Column& column, const std::string& operand) {
  ask_hazard(questions, column, operand, over(kRagged, operand), "ragged_array",
             "arrays that are multi-dimensional or not starting at 1");
  Type& element = column.type.children.at(0);
  switch (element.kind) {
    case TypeKind::kDecimal:
      return ask_specials(questions, element, any_element(operand, kSpecial));
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
      return ask_hazard(questions, column, operand, any_element(operand, kBeyond), "out_of_range",
                        "arrays with timestamps after 294247-01-10 04:00:54.775806");
    case TypeKind::kInterval:
      return ask_hazard(questions, column, operand, any_element(operand, kInfiniteInterval),
                        "out_of_range", "arrays with infinite intervals");
    default:
      return;
  }
}

}  // namespace

Status survey(Snapshot& snapshot, Table& table) {
  TRY_ASSIGN(const Relation relation, snapshot.relation(table.name));
  Questions questions;
  for (Column& column : table.columns) {
    const NativeColumn* native = relation.find_column(column.name);
    if (native == nullptr) {
      return fail(Error(ErrorKind::kNotFound,
                        fmt::format("{} has no column \"{}\"", table.name.display(), column.name))
                      .about(table.name.display()));
    }
    // A column that travels as its text needs no look.
    if (column.type.kind != type_of(native->type).kind) continue;
    const std::string operand = quote_identifier(column.name);
    if (column.type.kind == TypeKind::kList) {
      ask_of_array(questions, column, operand);
    } else {
      ask_of_value(questions, column, operand);
    }
  }
  for (std::size_t next = 0; next < questions.all.size();) {
    std::vector<std::string> expressions;
    const std::size_t first = next;
    while (next < questions.all.size() && expressions.size() < kExpressionsMax) {
      for (const std::string& e : questions.all[next].expressions) expressions.push_back(e);
      ++next;
    }
    TRY_ASSIGN(const Rows rows,
               snapshot.query(fmt::format("SELECT {} FROM {}", join(expressions, ", "),
                                          relation.from_sql(table.name)),
                              "survey " + table.name.display()));
    int at = 0;
    for (std::size_t i = first; i < next; ++i) {
      questions.all[i].take(rows, at);
      at += static_cast<int>(questions.all[i].expressions.size());
    }
  }
  return {};
}

}  // namespace sluice::postgres
