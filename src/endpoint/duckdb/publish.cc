#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "endpoint/duckdb/add_rows.h"
#include "endpoint/duckdb/ddl.h"
#include "endpoint/duckdb/replace.h"
#include "endpoint/duckdb/run.h"
#include "endpoint/duckdb/transaction.h"

// One transaction: take away what is replaced, give the staging tables their final names, make
// views, record in the ledger what was made and kept.
//
// Never ALTER COLUMN SET DEFAULT with a function: DuckDB 1.5.5 cannot replay that from its log
// when the file is opened as the main database. A table with numbers to hand out is therefore made
// anew.

namespace sluice::duckdb {
namespace {

class Publisher {
 public:
  explicit Publisher(DuckdbRun& run) : run_(run), connection_(*run.connection) {}

  Status publish() {
    Transaction transaction(connection_);
    TRY(transaction.begin());
    TRY_ASSIGN(catalog_, inspect_duckdb(connection_, run_.attachment->catalog(), true));
    TRY(check_unchanged());
    TRY(stow_old());
    TRY_ASSIGN(const auto order, foreign_key_order(as_they_will_be()));
    for (const std::size_t i : order) {
      const TargetTable& table = run_.plan->tables[i];
      if (Status made = make_final(table); !made) return fail(named(table, made.error()));
    }
    TRY(make_views());
    TRY(connection_.execute(run_.ledger.add_sql("publish", "", record().dump())));
    return transaction.commit();
  }

 private:
  // The engine tells the key that rows break, not whose it is.
  static Error named(const TargetTable& table, Error error) {
    const std::string name = table.name.display();
    error.message = fmt::format("table \"{}\": {}", name, error.message);
    error.object = name;
    return error;
  }

  std::string object_of(const TargetTable& table) const { return with_schema(table.name).quoted(); }

  // A table that goes on has its own foreign keys, not those of the plan.
  std::vector<TargetTable> as_they_will_be() const {
    std::vector<TargetTable> tables = run_.plan->tables;
    for (TargetTable& table : tables) {
      const Table* old = catalog_.find(with_schema(table.name));
      if (old != nullptr && continues(table)) table.foreign_keys = old->foreign_keys;
    }
    return tables;
  }

  const KeptObject* kept_of(const TableName& name) const {
    const auto at = std::find_if(kept_.begin(), kept_.end(),
                                 [&](const KeptObject& k) { return same_name(k.name, name); });
    return at == kept_.end() ? nullptr : &*at;
  }

  Status check_unchanged() {
    for (const TargetTable& table : run_.plan->tables) {
      TRY_ASSIGN(const auto before, run_.ledger.find(connection_, "old", object_of(table)));
      TRY_ASSIGN(const std::string now,
                 describe_old(connection_, catalog_.find(with_schema(table.name))));
      const Table* old = catalog_.find(with_schema(table.name));
      const bool goes_on = continues(table) && old != nullptr && before && !before->empty();
      if (goes_on) TRY(check_continuation(table, *old));
      if (goes_on || (before && *before == now)) continue;
      const std::string name = table.name.display();
      return fail(
          Error(ErrorKind::kConflict,
                fmt::format("table \"{}\" changed in the target while the run was going on: "
                            "\"{}\" became \"{}\"",
                            name, before.value_or(""), now))
              .about(name)
              .advise(fmt::format("`sluice rollback {}`", run_.id)));
    }
    return {};
  }

  // Copies and renames, then drops what was copied: a table after those that refer to it.
  Status stow_old() {
    std::vector<const Table*> copied;
    for (const TargetTable& table : run_.plan->tables) {
      const Table* old = catalog_.find(with_schema(table.name));
      if (old == nullptr) continue;
      KeptObject object = keep_object(catalog_, *old, kept_table(run_.id, table.name));
      if (continues(table)) {
        // To set a sequence forward is to drop it for a while, and the table with it.
        TRY_ASSIGN(const bool restarts, needs_restart(*old, staging_table(run_.id, table.name)));
        const bool tied = is_tied(catalog_, *run_.plan, *old);
        object.stays = !restarts && !tied && !has_unique_index(*old);
        object.copied = !object.stays;
        if (object.copied) TRY(check_remakable(connection_, run_.attachment->catalog(), *old));
        TRY(check_rows(connection_, staging_table(run_.id, table.name), table, *old, tied));
      }
      TRY(execute_all(connection_, stow_sql(object)));
      if (object.is_view) TRY(connection_.execute(drop_sql(object)));
      if (object.copied) copied.push_back(old);
      if (!object.copied) kept_.push_back(object);
      if (object.copied) waiting_.push_back(std::move(object));
    }
    return drop_copied(std::move(copied));
  }

  static bool refers_to(const Table& table, const Table& target) {
    return std::any_of(table.foreign_keys.begin(), table.foreign_keys.end(),
                       [&](const ForeignKey& key) { return same_name(key.target, target.name); });
  }

  Status drop_copied(std::vector<const Table*> copied) {
    while (!copied.empty()) {
      const auto free = std::find_if(copied.begin(), copied.end(), [&](const Table* table) {
        return std::none_of(copied.begin(), copied.end(), [&](const Table* other) {
          return other != table && refers_to(*other, *table);
        });
      });
      if (free == copied.end()) {
        return fail(ErrorKind::kInternal, "foreign keys of the target form a circle");
      }
      const auto object = std::find_if(
          waiting_.begin(), waiting_.end(),
          [&](const KeptObject& waiting) { return same_name(waiting.name, (*free)->name); });
      TRY(connection_.execute(drop_sql(*object)));
      kept_.push_back(*object);
      copied.erase(free);
    }
    return {};
  }

  Status make_final(const TargetTable& table) {
    const KeptObject* old = kept_of(table.name);
    if (old != nullptr && old->stays) {
      const TableName staged = staging_table(run_.id, table.name);
      TRY(add_rows(connection_, staged, table, *catalog_.find(with_schema(table.name))));
      return connection_.execute("DROP TABLE " + staged.quoted());
    }
    if (old != nullptr && continues(table)) return make_with_rows(table, *old);
    const TableName final_name = with_schema(table.name);
    const TableName staging = staging_table(run_.id, table.name);
    TRY_ASSIGN(const auto sequences, make_sequences(table, staging));
    if (table.foreign_keys.empty() && sequences.empty()) {
      TRY(connection_.execute(fmt::format("ALTER TABLE {} RENAME TO {}", staging.quoted(),
                                          quote_identifier(final_name.name))));
    } else {
      TRY(connection_.execute(create_table_sql(table, final_name, true, sequences)));
      RowMove move{staging, final_name, {}, "", {}};
      for (const TargetColumn& column : table.columns) move.columns.push_back(column.name);
      for (const ForeignKey& key : table.foreign_keys) {
        if (same_name(key.target, final_name)) move.self_keys.push_back(key);
      }
      TRY(move_rows(connection_, move));
      TRY(connection_.execute("DROP TABLE " + staging.quoted()));
    }
    made_tables_.push_back(final_name.quoted());
    TRY(execute_all(connection_, index_sql(table)));
    return execute_all(connection_, comment_sql(table));
  }

  // The table as it was made, with its old rows and the staged ones.
  Status make_with_rows(const TargetTable& table, const KeptObject& old) {
    const TableName staging = staging_table(run_.id, table.name);
    const Table* described = catalog_.find(with_schema(table.name));
    TRY(restart_sequences(*described, old.kept, staging));
    TRY(connection_.execute(old.create_sql));
    RowMove kept_rows{old.kept, old.name, old.columns, "", old.self_keys};
    if (table.if_exists == IfExists::kMerge) kept_rows.where = not_staged(table, staging);
    RowMove staged_rows{staging, old.name, {}, "", old.self_keys};
    for (const TargetColumn& column : table.columns) staged_rows.columns.push_back(column.name);
    if (old.self_keys.empty()) {
      TRY(move_rows(connection_, kept_rows));
      TRY(move_rows(connection_, staged_rows));
    } else {
      TRY(move_together(kept_rows, staged_rows));
    }
    TRY(connection_.execute("DROP TABLE " + staging.quoted()));
    made_tables_.push_back(old.name.quoted());
    return execute_all(connection_, decorate_sql(old));
  }

  // Old and new rows may refer to each other, so they are filled in level by level as one.
  Status move_together(const RowMove& kept_rows, const RowMove& staged_rows) {
    const TableName all{staged_rows.source.schema, staged_rows.source.name + "_all"};
    const std::string columns = column_list(kept_rows.columns);
    TRY(connection_.execute(fmt::format(
        "CREATE TABLE {0} AS SELECT {1} FROM {2} s WHERE {3} UNION ALL SELECT {1} FROM {4}",
        all.quoted(), columns, kept_rows.source.quoted(),
        kept_rows.where.empty() ? "true" : kept_rows.where, staged_rows.source.quoted())));
    TRY(move_rows(connection_,
                  {all, kept_rows.target, kept_rows.columns, "", kept_rows.self_keys}));
    return connection_.execute("DROP TABLE " + all.quoted());
  }

  static std::string not_staged(const TargetTable& table, const TableName& staging) {
    std::vector<std::string> terms;
    for (const std::string& column : table.merge_key) {
      const std::string name = quote_identifier(column);
      terms.push_back(fmt::format("n.{0} = s.{0}", name));
    }
    return fmt::format("NOT EXISTS (SELECT 1 FROM {} n WHERE {})", staging.quoted(),
                       join(terms, " AND "));
  }

  Result<std::int64_t> next_number(const std::string& column,
                                   const std::vector<TableName>& tables) {
    std::vector<std::string> selects;
    for (const TableName& table : tables) {
      selects.push_back(
          fmt::format("SELECT max({}) AS top FROM {}", quote_identifier(column), table.quoted()));
    }
    TRY_ASSIGN(
        const auto next,
        connection_.value(fmt::format(
            "SELECT CAST(greatest(coalesce(least(max(top), {}), 0), 0) + 1 AS BIGINT) FROM ({})",
            std::numeric_limits<std::int64_t>::max() - 1, join(selects, " UNION ALL "))));
    return std::stoll(next.value_or("1"));
  }

  // Returns: for each column that hands out numbers its new sequence.
  Result<std::map<std::string, std::string>> make_sequences(const TargetTable& table,
                                                            const TableName& staging) {
    std::map<std::string, std::string> out;
    for (const TargetColumn& column : table.columns) {
      if (!column.identity) continue;
      const TableName name =
          free_sequence(staging.schema, plain(table.name.name + "_" + column.name));
      TRY_ASSIGN(const std::int64_t next, next_number(column.name, {staging}));
      TRY(connection_.execute(fmt::format("CREATE SEQUENCE {} START {}", name.quoted(), next)));
      made_sequences_.push_back(name.quoted());
      out[column.name] = name.schema == "main" ? quote_identifier(name.name) : name.quoted();
    }
    return out;
  }

  // nextval() takes a name as text, in which quotes and dots mean something else.
  static std::string plain(std::string name) {
    for (char& c : name) {
      if (c == '"' || c == '.' || c == '\'') c = '_';
    }
    return name;
  }

  TableName free_sequence(const std::string& schema, const std::string& stem) const {
    for (int i = 0;; ++i) {
      const TableName name{schema, stem + "_seq" + (i == 0 ? "" : std::to_string(i))};
      const bool taken =
          std::any_of(catalog_.sequences.begin(), catalog_.sequences.end(),
                      [&](const DuckdbSequence& sequence) {
                        return same_name({sequence.schema, sequence.sequence.name}, name);
                      });
      if (!taken) return name;
    }
  }

  // Whether a sequence of the table would give a number again that the staged rows have.
  Result<bool> needs_restart(const Table& old, const TableName& staging) {
    for (const Sequence& sequence : old.sequences) {
      TRY_ASSIGN(const std::int64_t next, next_number(sequence.owned_by_column, {staging}));
      if (next > sequence.next_value) return true;
    }
    return false;
  }

  // The old table's own sequences go on behind the highest number of all rows.
  Status restart_sequences(const Table& old, const TableName& kept, const TableName& staging) {
    for (const DuckdbSequence& found : catalog_.sequences) {
      const std::string& column = found.sequence.owned_by_column;
      const bool owned =
          std::any_of(old.sequences.begin(), old.sequences.end(),
                      [&](const Sequence& s) { return s.name == found.sequence.name; });
      if (!owned || found.schema != old.name.schema) continue;
      TRY_ASSIGN(const std::int64_t next, next_number(column, {kept, staging}));
      if (next <= found.sequence.next_value) continue;
      const std::string name = TableName{found.schema, found.sequence.name}.quoted();
      TRY(connection_.execute("DROP SEQUENCE " + name));
      TRY(connection_.execute(with_start(found.create_sql, next)));
      restarted_.push_back(
          {{"name", name}, {"sql", with_start(found.create_sql, found.sequence.next_value)}});
    }
    return {};
  }

  // A view may need another one, so those that fail are tried again as long as one succeeds.
  Status make_views() {
    std::vector<const TargetView*> left;
    for (const TargetView& view : run_.plan->views) {
      left.push_back(&view);
      const Table* old = catalog_.find(with_schema(view.name));
      if (old == nullptr) continue;
      if (!old->is_view) {
        return fail(Error(ErrorKind::kExists,
                          fmt::format("\"{}\" is a table in the target", view.name.display())));
      }
      if (kept_of(view.name) != nullptr) continue;
      kept_.push_back(keep_object(catalog_, *old, kept_table(run_.id, view.name)));
      TRY(connection_.execute(drop_sql(kept_.back())));
    }
    while (!left.empty()) {
      Status last;
      const std::size_t before = left.size();
      std::erase_if(left, [&](const TargetView* view) {
        const Status made = connection_.execute(view->create_sql);
        if (made) made_views_.push_back(with_schema(view->name).quoted());
        if (!made) last = made;
        return made.has_value();
      });
      if (left.size() == before) return last;
    }
    return {};
  }

  nlohmann::json record() const {
    nlohmann::json kept = nlohmann::json::array();
    for (const KeptObject& object : kept_) kept.push_back(to_json(object));
    return {{"tables", made_tables_},
            {"views", made_views_},
            {"sequences", made_sequences_},
            {"restarted", restarted_},
            {"kept", kept}};
  }

  DuckdbRun& run_;
  EngineConnection& connection_;
  DuckdbCatalog catalog_;
  std::vector<KeptObject> kept_;     // in the order in which they were taken away
  std::vector<KeptObject> waiting_;  // copied, not yet dropped
  std::vector<std::string> made_tables_;
  std::vector<std::string> made_views_;
  std::vector<std::string> made_sequences_;
  nlohmann::json restarted_ = nlohmann::json::array();
};

}  // namespace

Status publish_run(DuckdbRun& run) {
  TRY_ASSIGN(const auto marker, run.ledger.find(*run.connection, "publish", ""));
  if (marker) return {};
  TRY(Publisher(run).publish());
  // Only shortens the log; a reader that holds the file's state makes it fail, which changes
  // nothing.
  static_cast<void>(run.connection->execute("CHECKPOINT " + run.attachment->catalog()));
  return {};
}

}  // namespace sluice::duckdb
