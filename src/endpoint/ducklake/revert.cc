#include "endpoint/ducklake/revert.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "endpoint/ducklake/data_file.h"
#include "endpoint/ducklake/file_layout.h"
#include "endpoint/ducklake/file_scan.h"
#include "endpoint/ducklake/inlined.h"
#include "endpoint/engine_error.h"
#include "endpoint/sql_names.h"

namespace sluice::ducklake {
namespace {

namespace fs = std::filesystem;

// A table at one snapshot, with what the catalog itself holds of it.
struct Moment {
  Id snapshot = 0;
  LakeTable table;
  InlinedRows inlined;
  std::vector<Id> deleted_since;  // data files from which rows went since the past snapshot
};

Result<Moment> moment_at(LakeRun& run, Id table, Id snapshot) {
  LakeMoment when;
  when.snapshot = snapshot;
  TRY_ASSIGN(Lake lake, DuckLakeCatalog(*run.database, "").load(when));
  const auto at = std::find_if(lake.tables.begin(), lake.tables.end(),
                               [&](const LakeTable& other) { return other.row.id == table; });
  if (at == lake.tables.end()) {
    return fail(ErrorKind::kConflict,
                fmt::format("table {} is not in the lake at snapshot {}", table, snapshot));
  }
  Moment out;
  out.snapshot = snapshot;
  out.table = std::move(*at);
  TRY(find_layouts(out.table, *run.engine));
  TRY_ASSIGN(out.inlined, read_inlined(*run.database, out.table, snapshot, *run.engine));
  return out;
}

class Revert {
 public:
  Revert(LakeRun& run, DuckLakeCommit& commit, const Moment& then, const Moment& now,
         EngineConnection& connection)
      : run_(run), commit_(commit), then_(then), now_(now), connection_(connection) {}

  Status run() {
    const Id table = now_.table.row.id;
    std::vector<Id> ended;
    for (const LakeFile& file : now_.table.files) {
      if (!stays(file.row.id)) ended.push_back(file.row.id);
    }
    TRY(commit_.end_files(table, ended));
    for (std::size_t i = 0; i < then_.table.files.size(); ++i) {
      if (!stays(then_.table.files[i].row.id)) TRY(bring_back(i));
    }
    for (const LakeInlined& inlined : now_.table.inlined) {
      TRY(commit_.revert_inlined(table, inlined.table, then_.snapshot));
    }
    return {};
  }

 private:
  static const LakeFile* find(const Moment& moment, Id id) {
    const auto& files = moment.table.files;
    const auto at = std::find_if(files.begin(), files.end(),
                                 [&](const LakeFile& file) { return file.row.id == id; });
    return at == files.end() ? nullptr : &*at;
  }

  // Whether a file is alive then and now with the same rows.
  bool stays(Id id) {
    const auto known = stays_.find(id);
    if (known != stays_.end()) return known->second;
    const LakeFile* const then = find(then_, id);
    const LakeFile* const now = find(now_, id);
    bool same = then != nullptr && now != nullptr;
    if (same && then->deletes.has_value() != now->deletes.has_value()) same = false;
    if (same && then->deletes) {
      const std::optional<Id>& newest = now->deletes->row.partial_max;
      same = then->deletes->row.id == now->deletes->row.id && !(newest && *newest > then_.snapshot);
    }
    if (same && now->has_inlined_deletes) same = !was_deleted_from(id);
    return stays_[id] = same;
  }

  bool was_deleted_from(Id id) const {
    return std::find(now_.deleted_since.begin(), now_.deleted_since.end(), id) !=
           now_.deleted_since.end();
  }

  Status bring_back(std::size_t index) {
    const LakeFile& file = then_.table.files[index];
    if (file.row.partial_max && *file.row.partial_max > then_.snapshot) {
      return fail(Error(ErrorKind::kConflict,
                        fmt::format("table {}: {} holds rows of snapshot {} and of later ones",
                                    then_.table.name.display(), file.path, then_.snapshot))
                      .about(then_.table.name.display())
                      .advise(fmt::format("read the lake with snapshot={}", then_.snapshot)));
    }
    const std::string stem =
        fmt::format("{}-restored-{}-{}", staging_prefix(run_.id), commit_.snapshot(), file.row.id);
    const fs::path folder = then_.table.folder;
    TRY(run_.files().copy(file.path, (folder / (stem + ".parquet")).string()));
    TRY_ASSIGN(const Id copy, commit_.copy_data_file(file.row.id, stem + ".parquet"));
    const FileScan scan{&then_.table, then_.snapshot, then_.inlined.deletes};
    TRY_ASSIGN(const auto positions, deleted_positions(scan, file));
    if (positions.empty()) return {};
    const std::string name = stem + "-delete.parquet";
    TRY_ASSIGN(const DeleteFileSize size,
               write_delete_file(connection_, join(positions, " UNION "),
                                 (folder / (stem + ".parquet")).string(), folder / name));
    TRY(run_.access.give_file(folder / name));
    return commit_.add_deletes(now_.table.row.id,
                               {{copy, name, size.rows, size.bytes, size.footer_bytes}});
  }

  LakeRun& run_;
  DuckLakeCommit& commit_;
  const Moment& then_;
  const Moment& now_;
  EngineConnection& connection_;
  std::map<Id, bool> stays_;
};

}  // namespace

Status revert_table(LakeRun& run, DuckLakeCommit& commit, Id table, Id past) {
  TRY_ASSIGN(Moment then, moment_at(run, table, past));
  TRY_ASSIGN(Moment now, moment_at(run, table, commit.base().id));
  const auto act = [&]() -> Status {
    if (!same_layout(then.table.columns, now.table.columns)) {
      return fail(Error(ErrorKind::kConflict,
                        fmt::format("the columns of table {} were changed since snapshot {}",
                                    now.table.name.display(), past))
                      .about(now.table.name.display())
                      .advise(fmt::format("read the lake with snapshot={}", past)));
    }
    TRY_ASSIGN(now.deleted_since, files_deleted_from_since(*run.database, now.table, past));
    TRY_ASSIGN(const auto connection, run.engine->connect());
    return Revert(run, commit, then, now, *connection).run();
  };
  const Status done = act();
  for (const Moment* const moment : {&then, &now}) {
    for (const std::string& source : moment->inlined.sources) run.engine->remove_source(source);
  }
  if (!done) return fail(refine_engine_error(done.error(), run.data_path));
  return {};
}

}  // namespace sluice::ducklake
