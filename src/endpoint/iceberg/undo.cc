#include "endpoint/iceberg/undo.h"

#include <fmt/format.h>

#include "endpoint/iceberg/snapshot_again.h"

namespace sluice::iceberg {
namespace {

Error changed_since(const TargetTable& table, const std::string& what) {
  return table_error(ErrorKind::kConflict, table.name, "since the run published it, " + what);
}

class Look {
 public:
  explicit Look(IcebergRun& run) : run_(run) {}

  Status look(TableUndo& undo) {
    const TargetTable& table = *undo.table;
    TRY_ASSIGN(auto now, run_.catalog->load(catalog_name(table)));
    const bool is_it = now && now->metadata.table_uuid == undo.target.before.table_uuid;
    if (!is_it) return look_at_other(undo, now);
    const Snapshot* const ours = snapshot_of_run(now->metadata, run_.id);
    if (ours == nullptr) {
      const bool has_one = has_snapshot_of_run(now->metadata, run_.id);
      if (!has_one) TRY(check_not_behind(table, *now));
      // What was published and is gone from the history may still be named by other snapshots.
      if (has_one || run_.ledger->is_published()) undo.what = Undoing::kNothing;
      if (undo.what == Undoing::kRemoveFiles && may_still_land()) undo.what = Undoing::kLeaveFiles;
      return {};
    }
    TRY(check_alone(undo, now->metadata, *ours));
    undo.what = undo.target.is_new ? Undoing::kDropTable : Undoing::kSetBack;
    undo.back_to = ours->parent_id;
    TRY(look_for_base(undo, now->metadata));
    TRY(check_can_go_back(undo, now->metadata));
    undo.now = std::move(now);
    return {};
  }

 private:
  // The rows are in the table and the run's snapshot is not: the catalog shows the newest snapshot
  // alone, or somebody expired it.
  Status check_not_behind(const TargetTable& table, const IcebergTable& now) const {
    if (!run_.ledger->last("committing")) return {};
    TRY_ASSIGN(const bool has_files, holds_files_of(now, run_.options.cancel, run_.id));
    if (!has_files) return {};
    return fail(changed_since(table,
                              "others committed to it, and the catalog does not show what "
                              "was before")
                    .advise("delete the rows of the run with the program that changed the table"));
  }

  // What there is to go back to where the metadata does not have it.
  Status look_for_base(TableUndo& undo, const TableMetadata& now) const {
    const bool is_shown = undo.back_to && now.find_snapshot(*undo.back_to) != nullptr;
    if (undo.what != Undoing::kSetBack || run_.location.catalog != "rest" || is_shown) return {};
    if (!run_.ledger->last("base", ledger_key(*undo.table))) return {};
    TRY_ASSIGN(undo.base, recorded_base(run_, *undo.table));
    undo.is_again = true;
    return {};
  }

  // The table is not under its name: it was never made, was dropped, renamed or made anew.
  Status look_at_other(TableUndo& undo, const std::optional<IcebergTable>& now) {
    const std::string key = ledger_key(*undo.table);
    if (run_.ledger->last("dropped", key)) {
      undo.what = Undoing::kFinishDrop;
      return {};
    }
    const bool may_have_landed =
        run_.ledger->is_published() || run_.ledger->last("committing").has_value();
    if (!may_have_landed) return {};
    TRY_ASSIGN(const std::string elsewhere, find_uuid(undo.target.before.table_uuid));
    if (!elsewhere.empty()) {
      return fail(changed_since(*undo.table, "it was renamed to \"" + elsewhere + "\"")
                      .advise("give it its name back, then roll back"));
    }
    if (run_.ledger->last("dropping", key)) {
      undo.what = Undoing::kFinishDrop;
      return {};
    }
    if (may_still_land()) undo.what = Undoing::kLeaveFiles;
    if (!run_.ledger->is_published()) return {};
    return fail(
        changed_since(*undo.table, now ? "its name was given to another table" : "it went away"));
  }

  // A catalog in SQL tells what became of a transaction, once the connection is gone.
  bool may_still_land() const {
    if (run_.ledger->is_published()) return false;
    return run_.ledger->last("unknown").has_value() ||
           (run_.location.catalog == "rest" && run_.ledger->last("committing").has_value());
  }

  // The name of the table that has this UUID.
  Result<std::string> find_uuid(const std::string& uuid) {
    TRY_ASSIGN(const auto spaces, run_.catalog->namespaces());
    for (const std::string& space : spaces) {
      TRY_ASSIGN(const auto names, run_.catalog->tables(space));
      for (const std::string& name : names) {
        TRY_ASSIGN(const auto table, run_.catalog->load({space, name}));
        if (table && table->metadata.table_uuid == uuid) return table->name.text();
      }
    }
    return std::string();
  }

  // Whether others changed rows behind the run's snapshot. One that only wrote files anew did not.
  Status check_alone(const TableUndo& undo, const TableMetadata& now, const Snapshot& ours) const {
    if (run_.drops_others) return {};
    const Snapshot* at = now.current_snapshot();
    for (; at != nullptr && at->id != ours.id;
         at = at->parent_id ? now.find_snapshot(*at->parent_id) : nullptr) {
      const auto operation = at->summary.find("operation");
      if (operation != at->summary.end() && operation->second == "replace") continue;
      return fail(changed_since(*undo.table, fmt::format("others made snapshot {} of it", at->id))
                      .advise(fmt::format("`sluice rollback {} --force` drops their changes too",
                                          run_.id)));
    }
    if (at == nullptr) {
      return fail(
          changed_since(*undo.table, "snapshots of it were expired that others may have made")
              .advise(
                  fmt::format("`sluice rollback {} --force` drops their changes too", run_.id)));
    }
    if (now.schema() == undo.target.after.schema()) return {};
    return fail(
        changed_since(*undo.table, "its columns were changed")
            .advise(fmt::format("`sluice rollback {} --force` takes them back too", run_.id)));
  }

  Status check_can_go_back(const TableUndo& undo, const TableMetadata& now) const {
    if (undo.what != Undoing::kSetBack || !undo.back_to || undo.is_again) return {};
    if (now.find_snapshot(*undo.back_to) != nullptr) return {};
    return fail(table_error(ErrorKind::kNotFound, undo.table->name,
                            fmt::format("snapshot {}, which it had before the run, is no longer "
                                        "there: it cannot be put back",
                                        *undo.back_to))
                    .advise("it was expired; restore the table from a copy"));
  }

  IcebergRun& run_;
};

}  // namespace

Result<TableUndo> look_at_undo(IcebergRun& run, const TargetTable& table) {
  TableUndo undo;
  undo.table = &table;
  TRY_ASSIGN(undo.target, target_of(*run.ledger, ledger_key(table)));
  TRY(Look(run).look(undo));
  return undo;
}

}  // namespace sluice::iceberg
