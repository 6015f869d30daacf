#include "endpoint/postgres/survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/limits.h"
#include "base/text.h"

namespace sluice::postgres {
namespace {

constexpr std::size_t kExpressionsMax = 1500;  // a SELECT has at most 1664
// A numeric with a precision holds no infinity.
constexpr std::string_view kNan = "{0} = 'NaN'";
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
            {kind,
             fmt::format("{} value{} {}, one is {}", count, count == 1 ? " is" : "s are", what,
                         rows.text(0, first + 1)),
             count});
      });
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

// A value of a column, or of what is in it.
struct Place {
  Column* column;
  std::string operand;
  // Turns a condition on the operand into one on the row.
  std::function<std::string(const std::string& condition)> of_row;
  std::string within;  // "", "arrays with ", "records with "
  int depth = 0;
};

void ask_extremes(Questions& questions, const Place& place) {
  Column& column = *place.column;
  questions.ask(
      {fmt::format("min({})::text", place.operand), fmt::format("max({})::text", place.operand)},
      [&column](const Rows& rows, int first) {
        column.extremes = {rows.optional_text(0, first), rows.optional_text(0, first + 1)};
      });
}

void ask_hazard_at(Questions& questions, const Place& place, std::string_view condition,
                   std::string kind, std::string what) {
  ask_hazard(questions, *place.column, quote_identifier(place.column->name),
             place.of_row(over(condition, place.operand)), std::move(kind), std::move(what));
}

void ask_inside(Questions& questions, Type& type, const NativeType& native, const Place& place);

void ask_of_list(Questions& questions, Type& type, const NativeType& native, const Place& place) {
  ask_hazard_at(questions, place, kRagged, "ragged_array",
                (place.depth == 0 ? "" : place.within) +
                    "arrays that are multi-dimensional or not starting at 1");
  const std::string unnested =
      fmt::format("(SELECT unnest({}) AS e) AS u{}", place.operand, place.depth);
  Place element = place;
  element.operand = fmt::format("u{}.e", place.depth);
  element.of_row = [unnested, outer = place.of_row](const std::string& condition) {
    return outer("EXISTS (SELECT FROM " + unnested + " WHERE " + condition + ")");
  };
  if (place.within.empty()) element.within = "arrays with ";
  ++element.depth;
  NativeType of_element = native;
  of_element.is_array = false;
  ask_inside(questions, type.children.at(0), of_element, element);
}

void ask_of_struct(Questions& questions, Type& type, const NativeType& native, const Place& place) {
  for (std::size_t i = 0; i < native.fields.size(); ++i) {
    Place field = place;
    field.operand = fmt::format("({}).{}", place.operand, quote_identifier(native.field_names[i]));
    if (place.within.empty()) field.within = "records with ";
    ++field.depth;
    ask_inside(questions, type.children.at(i), native.fields[i], field);
  }
}

void ask_of_geometry(Questions& questions, const NativeType& native, const Place& place) {
  const std::string& schema = native.geometry_schema;
  const std::string srid = fmt::format("{}.ST_SRID({})", schema, place.operand);
  ask_hazard_at(questions, place,
                schema +
                    ".GeometryType({0}) NOT IN ('POINT', 'LINESTRING', 'POLYGON', "
                    "'MULTIPOINT', 'MULTILINESTRING', 'MULTIPOLYGON', 'GEOMETRYCOLLECTION')",
                "geometry_kind", "of curves or surfaces, which WKB readers do not know");
  questions.ask(
      {fmt::format("count(DISTINCT {})", srid), fmt::format("min({})", srid),
       fmt::format("max({})", srid), "count(" + place.operand + ")"},
      [column = place.column](const Rows& rows, int first) {
        const std::string low = rows.text(0, first + 1);
        const std::string high = rows.text(0, first + 2);
        if (rows.number(0, first) > 1) {
          column->hazards.push_back({"mixed_srid",
                                     fmt::format("the geometries have {} SRIDs, from {} to {}",
                                                 rows.text(0, first), low, high),
                                     static_cast<std::uint64_t>(rows.number(0, first + 3))});
        } else if (!low.empty() && low != "0") {
          column->own_type->reason = fmt::format("SRID {} is not carried", low);
          if (!column->type.native_name.ends_with(')')) {
            column->type.native_name += "(Geometry," + low + ")";
          }
        }
      });
}

void ask_inside(Questions& questions, Type& type, const NativeType& native, const Place& place) {
  const std::string& within = place.within;
  switch (type.kind) {
    case TypeKind::kList:
      return ask_of_list(questions, type, native, place);
    case TypeKind::kStruct:
      return ask_of_struct(questions, type, native, place);
    case TypeKind::kGeometry:
      return ask_of_geometry(questions, native, place);
    case TypeKind::kDecimal:
      if (native.oid == kOidMoney) return;
      return ask_specials(questions, type, place.of_row(over(kNan, place.operand)));
    case TypeKind::kNumeric:
      if (type.precision > 0 || place.depth > 0) return;
      return ask_unbounded(questions, *place.column, place.operand);
    case TypeKind::kDate:
      if (place.depth == 0) ask_extremes(questions, place);
      return;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
      if (place.depth == 0) ask_extremes(questions, place);
      return ask_hazard_at(
          questions, place, kBeyond, "out_of_range",
          within.empty() ? "after 294247-01-10 04:00:54.775806, where the engine's timestamps end"
                         : within + "timestamps after 294247-01-10 04:00:54.775806");
    case TypeKind::kInterval:
      return ask_hazard_at(questions, place, kInfiniteInterval, "out_of_range",
                           within + "infinite intervals");
    default:
      return;
  }
}

}  // namespace

Status survey(Snapshot& snapshot, Table& table) {
  TRY_ASSIGN(const Relation relation, snapshot.relation(table.name));
  table.bytes = relation.bytes;
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
    if (!column.own_type) column.own_type = own_type_of(native->type);
    const auto as_it_is = [](const std::string& condition) { return "(" + condition + ")"; };
    ask_inside(questions, column.type, native->type,
               {&column, quote_identifier(column.name), as_it_is, ""});
  }
  if (!questions.all.empty()) {
    questions.ask({"count(*)"}, [&table](const Rows& rows, int first) {
      table.rows = static_cast<std::uint64_t>(rows.number(0, first));
    });
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
