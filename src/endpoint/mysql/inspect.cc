#include "endpoint/mysql/inspect.h"

#include <fmt/format.h>

#include <map>

#include "base/text.h"
#include "endpoint/mysql/sql_embedded.h"
#include "endpoint/sql_names.h"
#include "model/named_dependents.h"

namespace sluice::mysql {
namespace {

// information_schema.COLUMNS, behind what native_column() takes.
enum ColumnCell : int {
  kNotNull = 10,
  kDefault = 11,
  kIdentity = 12,
  kGenerated = 13,
  kComment = 14,
  kExtra = 15
};

class Inspector {
 public:
  explicit Inspector(Snapshot& snapshot) : snapshot_(snapshot) {}

  Result<Inventory> run() {
    inventory_.endpoint = "mysql";
    TRY_ASSIGN(const Rows version, snapshot_.catalog("SELECT VERSION()", "ask for the version"));
    inventory_.version = version.text(0, 0);
    TRY(add_tables());
    TRY(add_columns());
    TRY(add_indexes());
    TRY(add_foreign_keys());
    TRY(add_checks());
    TRY(add_views());
    TRY(add_triggers());
    TRY(add_others());
    // A foreign key follows the table that is renamed.
    add_named_dependents(inventory_.tables, true);
    return std::move(inventory_);
  }

 private:
  Table* table(const std::string& name) {
    const auto at = by_name_.find(name);
    return at == by_name_.end() ? nullptr : &inventory_.tables[at->second];
  }
  void find(std::string kind, std::string object, std::string message) {
    inventory_.findings.push_back({std::move(kind), std::move(object), std::move(message)});
  }

  Status add_tables();
  Status add_columns();
  void add_column(Table& table, const Rows& rows, int row);
  Status add_indexes();
  void add_index(Table& table, const Rows& rows, int first, int end);
  Status add_foreign_keys();
  Status add_checks();
  Status add_views();
  Status add_triggers();
  Status add_others();

  Snapshot& snapshot_;
  Inventory inventory_;
  std::map<std::string, std::size_t> by_name_;
  std::map<std::string, std::vector<std::string>> json_columns_;
};

Status Inspector::add_tables() {
  TRY_ASSIGN(const Rows rows, snapshot_.catalog(sql::kTables, "list the tables"));
  for (int row = 0; row < rows.size(); ++row) {
    const std::string name = rows.text(row, 0);
    const std::string kind = rows.text(row, 1);
    if (is_of_a_run(name)) continue;
    if (kind == "SEQUENCE") {
      find("sequence_not_carried", name, "a sequence of its own");
      continue;
    }
    Table out;
    out.name = {"", name};
    out.is_view = kind == "VIEW" || kind == "SYSTEM VIEW";
    if (!rows.is_null(row, 3)) out.bytes = static_cast<std::uint64_t>(rows.number(row, 3));
    if (!out.is_view) out.comment = rows.text(row, 4);
    const std::string engine = rows.text(row, 2);
    if (kind == "SYSTEM VERSIONED") {
      find("history_not_carried", name, "a system-versioned table: its current rows are moved");
    }
    if (!out.is_view && engine != "InnoDB") {
      find("no_snapshot", name,
           fmt::format("engine {} has no snapshots: rows that change while they are moved make "
                       "the run fail at its verification, or are missed",
                       engine));
    }
    by_name_[name] = inventory_.tables.size();
    inventory_.tables.push_back(std::move(out));
  }
  return {};
}

void Inspector::add_column(Table& table, const Rows& rows, int row) {
  const NativeColumn native = native_column(rows, row);
  Column column;
  column.name = native.name;
  column.type = type_of(native);
  column.declared = is_declared_alike(native);
  column.nullable = !rows.boolean(row, kNotNull);
  column.identity = rows.boolean(row, kIdentity);
  column.generated = rows.boolean(row, kGenerated);
  column.comment = rows.text(row, kComment);
  const std::string object = table.name.name + "." + column.name;
  if (native.is_json) json_columns_[table.name.name].push_back(column.name);
  const std::string extra = to_lower(rows.text(row, kExtra));
  if (extra.find("on update") != std::string::npos) {
    find("on_update_not_carried", object, "the column is set by every UPDATE: " + extra);
  }
  if (to_lower(native.column_type).find("zerofill") != std::string::npos) {
    find("zerofill_not_carried", object, "the number is moved, the zeros that fill it up are not");
  }
  if (extra.find("invisible") != std::string::npos) {
    find("visibility_not_carried", object, "an invisible column is moved as a visible one");
  }
  const std::optional<std::string> text = rows.optional_text(row, kDefault);
  if (text && !column.generated && to_lower(*text) != "null") {
    column.default_sql = standard_default(*text);
    if (column.default_sql->starts_with("'0000-00-00")) {
      find("default_not_carried", object, "default " + *column.default_sql + " is no date");
      column.default_sql.reset();
    }
  }
  table.columns.push_back(std::move(column));
}

Status Inspector::add_columns() {
  TRY_ASSIGN(const Rows rows,
             snapshot_.catalog(columns_sql(snapshot_.is_mariadb(), ""), "list the columns"));
  for (int row = 0; row < rows.size(); ++row) {
    if (Table* owner = table(rows.text(row, 0))) add_column(*owner, rows, row);
  }
  return {};
}

// Rows [first, end) of indexes.sql are one index.
void Inspector::add_index(Table& table, const Rows& rows, int first, int end) {
  const std::string name = rows.text(first, 1);
  const bool unique = rows.boolean(first, 2);
  const std::string kind = rows.text(first, 3);
  std::vector<std::string> columns;
  bool whole = kind == "BTREE" || kind == "HASH";
  for (int row = first; row < end; ++row) {
    whole = whole && !rows.is_null(row, 4) && rows.is_null(row, 5);  // no expression, no prefix
    columns.push_back(rows.text(row, 4));
  }
  if (name == "PRIMARY" && whole) {
    table.keys.insert(table.keys.begin(), {KeyKind::kPrimary, "", columns});
    return;
  }
  if (unique && whole) {
    table.keys.push_back({KeyKind::kUnique, name, columns});
    return;
  }
  const std::string definition =
      fmt::format("{} {} INDEX ({})", unique ? "UNIQUE" : "", kind, join(columns, ", "));
  if (!whole) {
    find(unique ? "key_not_carried" : "index_not_carried", table.name.name + "." + name,
         kind == "BTREE" ? "an index over an expression or over the beginnings of values"
                         : "a " + to_lower(kind) + " index");
    return;
  }
  table.indexes.push_back({name, columns, unique, std::string(trim(definition))});
}

Status Inspector::add_indexes() {
  TRY_ASSIGN(const Rows rows, snapshot_.catalog(sql::kIndexes, "list the indexes"));
  for (int row = 0; row < rows.size();) {
    int end = row + 1;
    while (end < rows.size() && rows.text(end, 0) == rows.text(row, 0) &&
           rows.text(end, 1) == rows.text(row, 1)) {
      ++end;
    }
    if (Table* owner = table(rows.text(row, 0))) add_index(*owner, rows, row, end);
    row = end;
  }
  return {};
}

Status Inspector::add_foreign_keys() {
  TRY_ASSIGN(const Rows rows, snapshot_.catalog(sql::kForeignKeys, "list the foreign keys"));
  for (int row = 0; row < rows.size();) {
    ForeignKey key;
    key.name = rows.text(row, 1);
    key.target = {"", rows.text(row, 3)};
    // RESTRICT and NO ACTION are one here, and what a system does without a word.
    const auto action = [](const std::string& text) {
      return text == "RESTRICT" || text == "NO ACTION" ? "" : text;
    };
    key.on_update = action(rows.text(row, 5));
    key.on_delete = action(rows.text(row, 6));
    const bool elsewhere = !rows.is_null(row, 2);
    const int first = row;
    for (; row < rows.size() && rows.text(row, 0) == rows.text(first, 0) &&
           rows.text(row, 1) == rows.text(first, 1);
         ++row) {
      key.columns.push_back(rows.text(row, 7));
      key.target_columns.push_back(rows.text(row, 4));
    }
    Table* owner = table(rows.text(first, 0));
    if (owner == nullptr) continue;
    if (elsewhere) {
      find("foreign_key_not_carried", owner->name.name,
           fmt::format("\"{}\" refers to a table of database \"{}\"", key.name,
                       rows.text(first, 2)));
      continue;
    }
    owner->foreign_keys.push_back(std::move(key));
  }
  return {};
}

Status Inspector::add_checks() {
  if (!snapshot_.is_mariadb()) return {};
  TRY_ASSIGN(const Rows rows,
             snapshot_.catalog("SELECT TABLE_NAME, CONSTRAINT_NAME, CHECK_CLAUSE FROM "
                               "information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = "
                               "DATABASE() ORDER BY 1, 2",
                               "list the checks"));
  for (int row = 0; row < rows.size(); ++row) {
    Table* owner = table(rows.text(row, 0));
    if (owner == nullptr) continue;
    const std::string clause = rows.text(row, 2);
    bool json = false;  // that of a JSON column is a part of its type
    for (const std::string& column : json_columns_[owner->name.name]) {
      json = json || clause == "json_valid(" + quote_identifier(column) + ")";
    }
    if (!json) owner->checks.push_back({rows.text(row, 1), clause});
  }
  return {};
}

Status Inspector::add_views() {
  TRY_ASSIGN(const Rows rows,
             snapshot_.catalog("SELECT TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS "
                               "WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1",
                               "list the views"));
  TRY_ASSIGN(const Rows here, snapshot_.catalog("SELECT DATABASE()", "ask for the database"));
  for (int row = 0; row < rows.size(); ++row) {
    Table* view = table(rows.text(row, 0));
    if (view == nullptr) continue;
    // The server writes every name with its database; elsewhere it is another one.
    const std::string qualifier = quote_identifier(here.text(0, 0)) + ".";
    view->view_sql = replace_all(replace_all(rows.text(row, 1), qualifier, ""),
                                 "`" + here.text(0, 0) + "`.", "");
  }
  return {};
}

Status Inspector::add_triggers() {
  TRY_ASSIGN(const Rows rows, snapshot_.catalog(sql::kTriggers, "list the triggers"));
  for (int row = 0; row < rows.size(); ++row) {
    Table* owner = table(rows.text(row, 0));
    if (owner == nullptr) continue;
    const std::string words = fmt::format("trigger \"{}\"", rows.text(row, 1));
    find("trigger_not_carried", owner->name.name, words + " (" + rows.text(row, 2) + ")");
    owner->dependents.push_back({words, owner->name, true});
  }
  return {};
}

Status Inspector::add_others() {
  TRY_ASSIGN(const Rows rows, snapshot_.catalog(sql::kOthers, "look for what is not carried"));
  for (int row = 0; row < rows.size(); ++row) {
    find(rows.text(row, 0), rows.text(row, 1), rows.text(row, 2));
  }
  return {};
}

}  // namespace

Result<Inventory> inspect(Snapshot& snapshot) { return Inspector(snapshot).run(); }

std::string standard_default(const std::string& text) {
  if (text.size() < 2 || text.front() != '\'' || text.back() != '\'') return text;
  std::string value;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\'' && text[i + 1] == '\'') {
      ++i;
    } else if (text[i] == '\\' && i + 2 < text.size()) {
      ++i;
      const char c = text[i];
      value += c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c == 'Z' ? '\x1a' : c;
      continue;
    }
    value += text[i];
  }
  return quote_literal(value);
}

}  // namespace sluice::mysql
