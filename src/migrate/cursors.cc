#include "migrate/cursors.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "migrate/verify_staged.h"
#include "transfer/copy_tables.h"

namespace sluice {
namespace {

bool is_ordered(const Type& type) {
  switch (type.kind) {
    case TypeKind::kInt8:
    case TypeKind::kInt16:
    case TypeKind::kInt32:
    case TypeKind::kInt64:
    case TypeKind::kInt128:
    case TypeKind::kUInt8:
    case TypeKind::kUInt16:
    case TypeKind::kUInt32:
    case TypeKind::kUInt64:
    case TypeKind::kDecimal:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
      return true;
    default:
      return false;
  }
}

Error cursor_error(ErrorKind kind, const std::string& cursor, const std::string& what) {
  return Error(kind, fmt::format("--cursor {}: {}", cursor, what)).about(cursor);
}

struct Wanted {
  std::string table;  // "": every table that has the column
  std::string column;
};

Wanted take_apart(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return {"", text};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

bool is_named(const TablePlan& table, const std::string& name) {
  return name.empty() || table.source.name.name == name || table.source.name.display() == name;
}

ColumnPlan* find_column(TablePlan& table, const std::string& name) {
  const auto at = std::find_if(table.columns.begin(), table.columns.end(),
                               [&](const ColumnPlan& column) { return column.source == name; });
  return at == table.columns.end() ? nullptr : &*at;
}

// One table: what its target holds, and what that means for the source.
class CursorPlan {
 public:
  CursorPlan(Engine& engine, ReadSession& source, Endpoint& target, const TablePlan& table,
             const std::string& column)
      : engine_(engine), source_(source), target_(target), table_(table), name_(column) {}

  // "" where all rows are moved: the target has none yet.
  Result<std::string> predicate() {
    const auto place =
        std::find_if(table_.columns.begin(), table_.columns.end(),
                     [&](const ColumnPlan& column) { return column.source == name_; });
    const TargetColumn& column =
        table_.target.columns[static_cast<std::size_t>(place - table_.columns.begin())];
    if (!is_ordered(column.type)) {
      return fail(
          cursor_error(ErrorKind::kInvalid, shown(),
                       fmt::format("{} has no order that both sides share", to_string(column.type)))
              .advise("take a whole number, a decimal, a date or a time of the table; or "
                      "--if-exists merge with a key"));
    }
    TRY_ASSIGN(type_, engine_type_sql(column.type));
    value_ = fmt::format("CAST({} AS {})", place->expression, type_);
    TRY_ASSIGN(connection_, engine_.connect());
    TRY(look_at_target(column.name));
    TRY(check_nulls());
    if (!last_) return std::string();
    TRY(check_late_rows());
    return fmt::format("{} > {}", value_, literal());
  }

 private:
  std::string shown() const { return table_.source.name.display() + ":" + name_; }
  std::string literal() const {
    return fmt::format("CAST({} AS {})", quote_literal(*last_), type_);
  }

  Status look_at_target(const std::string& column) {
    auto session = target_.read();
    if (!session) {
      return session.error().kind == ErrorKind::kNotFound ? Status() : fail(session.error());
    }
    TRY_ASSIGN(const Inventory inventory, (*session)->inspect());
    const bool is_there =
        std::any_of(inventory.tables.begin(), inventory.tables.end(), [&](const Table& one) {
          return one.name == table_.target.name ||
                 (target_.capabilities().folds_case &&
                  to_lower(one.name.display()) == to_lower(table_.target.name.display()));
        });
    if (!is_there) return {};
    Table table = table_as_read(table_.target, table_.target.name);
    std::erase_if(table.columns, [&](const Column& one) { return one.name != column; });
    TRY_ASSIGN(const std::string relation, (*session)->relation(table, nullptr, ReadPath::kFast));
    const std::string name = quote_identifier(column);
    TRY_ASSIGN(const auto rows,
               connection_->rows(fmt::format(
                   "SELECT CAST(max({0}) AS VARCHAR), count({0}) FROM {1}", name, relation)));
    last_ = rows.at(0).at(0);
    target_rows_ = std::stoull(rows.at(0).at(1).value_or("0"));
    return {};
  }

  Result<std::uint64_t> count_in_source(const std::string& condition) {
    TRY_ASSIGN(const std::string relation,
               source_relation(source_, table_, nullptr, ReadPath::kFast));
    TRY_ASSIGN(const auto count, connection_->value(fmt::format("SELECT count(*) FROM {} WHERE {}",
                                                                relation, condition)));
    return std::stoull(count.value_or("0"));
  }

  Status check_nulls() {
    TRY_ASSIGN(const std::uint64_t nulls, count_in_source(value_ + " IS NULL"));
    if (nulls == 0) return {};
    return fail(cursor_error(ErrorKind::kConflict, shown(),
                             fmt::format("it is NULL in {} rows of the source, of which nobody "
                                         "could tell whether the target has them",
                                         nulls))
                    .advise("take another column, or --if-exists merge with a key"));
  }

  Status check_late_rows() {
    TRY_ASSIGN(const std::uint64_t rows, count_in_source(value_ + " <= " + literal()));
    if (rows <= target_rows_) return {};
    return fail(cursor_error(ErrorKind::kConflict, shown(),
                             fmt::format("the source has {} rows up to {}, which is the target's "
                                         "last, and the target has {}: rows came later with "
                                         "earlier values",
                                         rows, *last_, target_rows_))
                    .advise("--if-exists merge with a key brings them too"));
  }

  Engine& engine_;
  ReadSession& source_;
  Endpoint& target_;
  const TablePlan& table_;
  const std::string& name_;
  std::unique_ptr<EngineConnection> connection_;
  std::string type_;
  std::string value_;  // of a row of the source, in the target's type
  std::optional<std::string> last_;
  std::uint64_t target_rows_ = 0;
};

}  // namespace

Status add_cursors(Engine& engine, ReadSession& source, Endpoint& target,
                   const std::vector<std::string>& cursors, Plan& plan) {
  for (const std::string& text : cursors) {
    const Wanted wanted = take_apart(text);
    bool any = false;
    for (TablePlan& table : plan.tables) {
      if (!is_named(table, wanted.table) || find_column(table, wanted.column) == nullptr) continue;
      any = true;
      if (table.target.if_exists != IfExists::kAppend) {
        return fail(cursor_error(ErrorKind::kInvalid, text, "rows are left out by an append alone")
                        .advise("add --if-exists append"));
      }
      table.cursor = wanted.column;
      TRY_ASSIGN(table.cursor_predicate,
                 CursorPlan(engine, source, target, table, wanted.column).predicate());
    }
    if (any) continue;
    return fail(cursor_error(ErrorKind::kInvalid, text, "no table that is moved has this column")
                    .advise("`sluice inspect SOURCE` shows the columns; a cursor is COLUMN or "
                            "TABLE:COLUMN"));
  }
  return {};
}

Status recheck_cursors(Engine& engine, ReadSession& source, Endpoint& target, const Plan& plan) {
  for (const TablePlan& table : plan.tables) {
    if (table.cursor.empty()) continue;
    TRY_ASSIGN(const std::string now,
               CursorPlan(engine, source, target, table, table.cursor).predicate());
    if (now == table.cursor_predicate) continue;
    return fail(
        Error(ErrorKind::kConflict,
              fmt::format("table \"{}\": the target's rows are not those that they were when "
                          "the plan was made: it moves rows where {}, and now that would "
                          "be {}",
                          table.target.name.display(),
                          table.cursor_predicate.empty() ? "true" : table.cursor_predicate,
                          now.empty() ? "true" : now))
            .about(table.target.name.display())
            .advise("make the plan again with `sluice plan`"));
  }
  return {};
}

}  // namespace sluice
