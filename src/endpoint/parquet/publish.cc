#include <fmt/format.h>
#include <unistd.h>

#include "base/file.h"
#include "base/remove_path.h"
#include "base/text.h"
#include "endpoint/both_zeros.h"
#include "endpoint/parquet/files.h"
#include "endpoint/parquet/read.h"
#include "endpoint/parquet/run.h"

// A file system renames one name at a time, so publishing is a list of renames that is written down
// (intent.json) before the first of them. publish() again does the rest of the list, rollback()
// undoes what was done of it:
//
//   1. final/ is filled: tables as they will be, links to the chunks (and to old files that stay)
//   2. intent.json appears
//   3. each table: DIR/<old> -> kept/<old>, then final/<new> -> DIR/<new>
//   4. the ledger says "published", and the chunks' own names go away
//
// A rename is done when its source is gone and its target there. While the old one is not away the
// new one has not come, so a target in DIR is ours exactly when final/ has it no more. Files that
// are kept, and chunks, have endings that no reader of "**/*.parquet" takes for the table's.

namespace sluice::parquet {
namespace {

namespace fs = std::filesystem;

struct Move {
  fs::path source;
  fs::path target;
};

constexpr const char* kKeptEnding = ".kept";

fs::path intent_file(const ParquetRun& run) { return run.staging() / "intent.json"; }

bool is_below(const fs::path& folder, const fs::path& path) {
  const auto [at, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return at == folder.end();
}

fs::path final_folder(const ParquetRun& run) { return run.staging() / "final"; }

bool is_there(const fs::path& path) {
  std::error_code code;
  return fs::exists(fs::symlink_status(path, code));
}

// A second name for the same bytes; a copy where the file system has no links.
Status link_or_copy(const fs::path& source, const fs::path& target) {
  if (::link(source.c_str(), target.c_str()) == 0) return {};
  std::error_code code;
  fs::copy_file(source, target, code);
  if (code) return fail(errno_error(code.value(), "copy to", target));
  return sync_file(target);
}

Status check_unchanged(const ParquetRun& run) {
  for (const TargetTable& table : run.plan->tables) {
    TRY_ASSIGN(const std::string now, stamp_of_old(run, table));
    const auto before = run.ledger.old_stamp(table_stem(table));
    if (before && *before == now) continue;
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("table \"{}\": its files in the target changed while the run was "
                                  "going on",
                                  table.name.display()))
                    .about(table.name.display())
                    .advise(fmt::format("sluice rollback {}", run.id)));
  }
  return {};
}

// Reads back what was written of rows of the table itself, which no verification compares.
Status check_same(EngineConnection& connection, const TargetTable& table,
                  const std::vector<std::string>& columns, const fs::path& file,
                  const Digest& expected) {
  const DigestTap tap;
  const std::string rows = "SELECT * FROM " + scan_sql(quote_literal(file.string()), false, "");
  TRY(connection.value(fmt::format("SELECT count(*) FROM ({})", tap.wrap(rows, columns))));
  if (tap.digest() == expected) return {};
  return fail(
      Error(ErrorKind::kMismatch,
            fmt::format("table \"{}\": {} rows with digest {} stay beside the merged ones, {} rows "
                        "with digest {} are in the file that was written of them",
                        table.name.display(), expected.rows, expected.hex(), tap.digest().rows,
                        tap.digest().hex()))
          .about(table.name.display()));
}

// Rows of the old files whose key was not staged, as one more file.
Status write_unmatched(const ParquetRun& run, const TargetTable& table, const ParquetFiles& old,
                       const fs::path& file) {
  std::vector<std::string> columns;
  std::vector<std::string> items;
  for (const TargetColumn& column : table.columns) {
    columns.push_back(column.name);
    items.push_back("o." + quote_identifier(column.name));
  }
  std::vector<std::string> terms;
  for (const std::string& key : table.merge_key) {
    terms.push_back(fmt::format("n.{0} IS NOT DISTINCT FROM o.{0}", quote_identifier(key)));
  }
  TRY_ASSIGN(const ParquetFiles staged,
             find_table(run.staging().parent_path(),
                        (run.staging().filename() / table_stem(table)).string()));
  TRY_ASSIGN(const auto connection, run.engine->connect());
  DigestTap tap;
  const std::string stay =
      tap.wrap(fmt::format("SELECT {} FROM {} o WHERE NOT EXISTS (SELECT 1 FROM {} n WHERE {})",
                           join(items, ", "), scan_sql(old.list_sql(), false, ""),
                           scan_sql(staged.list_sql(), false, ""), join(terms, " AND ")),
               columns);
  TRY(copy_both_zeros(&tap, [&](std::string_view options) {
    return connection->execute(fmt::format("COPY ({}) TO {} ({}{})", stay,
                                           quote_literal(file.string()), copy_options(run, table),
                                           options));
  }));
  TRY(check_same(*connection, table, columns, file, tap.digest()));
  TRY(run.access.give_file(file));
  return sync_file(file);
}

// Fills final/ with one table. Returns: its name there.
Result<std::string> assemble(const ParquetRun& run, const TargetTable& table,
                             const ParquetFiles* old) {
  const std::string stem = table_stem(table);
  const Landed landed = run.ledger.landed(stem);
  if (landed.empty()) {
    return fail(
        Error(ErrorKind::kInternal, fmt::format("table \"{}\": no chunk has landed", stem)));
  }
  const bool adds = old != nullptr && table.if_exists != IfExists::kReplace;
  if (landed.size() == 1 && !adds) {
    const std::string name = stem + ".parquet";
    TRY(link_or_copy(chunk_file(run, table, landed.begin()->first), final_folder(run) / name));
    return name;
  }
  const fs::path folder = final_folder(run) / stem;
  TRY(make_folders(folder, run.access));
  int part = 0;
  const auto next_part = [&] { return folder / fmt::format("part-{:06}.parquet", part++); };
  if (adds && table.if_exists == IfExists::kMerge) {
    TRY(write_unmatched(run, table, *old, next_part()));
  } else if (adds) {
    for (const fs::path& file : old->files) TRY(link_or_copy(file, next_part()));
  }
  for (const auto& [chunk, digest] : landed) {
    TRY(link_or_copy(chunk_file(run, table, chunk), next_part()));
  }
  TRY(sync_file(folder));
  return stem;
}

// Kept files end in another way than Parquet files do: a reader of "**" must not find them.
void keep_old(const ParquetRun& run, const TargetTable& table, const ParquetFiles& old,
              nlohmann::json& moves) {
  const fs::path kept = run.kept().filename();
  if (!old.is_folder) {
    const std::string name = old.files.front().filename().string();
    moves.push_back({{"source", name}, {"target", (kept / (name + kKeptEnding)).string()}});
    return;
  }
  const std::string name = table_stem(table);
  moves.push_back({{"source", name}, {"target", (kept / name).string()}});
  for (const fs::path& file : old.files) {
    const fs::path inside = kept / file.lexically_relative(run.folder);
    moves.push_back({{"source", inside.string()}, {"target", inside.string() + kKeptEnding}});
  }
}

Status write_intent(const ParquetRun& run) {
  TRY(check_unchanged(run));
  TRY(remove_tree(final_folder(run)));
  TRY(make_folders(final_folder(run), run.access));
  nlohmann::json moves = nlohmann::json::array();
  for (const TargetTable& table : run.plan->tables) {
    const auto old = find_table(run.folder, table_stem(table));
    if (!old && old.error().kind != ErrorKind::kNotFound) return fail(old.error());
    TRY_ASSIGN(const std::string name, assemble(run, table, old ? &*old : nullptr));
    if (old) keep_old(run, table, *old, moves);
    moves.push_back(
        {{"source", (run.staging().filename() / "final" / name).string()}, {"target", name}});
  }
  TRY(sync_file(final_folder(run)));
  TRY(make_folders(run.kept()));
  return write_file_atomically(intent_file(run), moves.dump());
}

// Paths are stored as below the folder, so that a folder that was moved can still be rolled back.
Result<std::vector<Move>> read_intent(const ParquetRun& run) {
  TRY_ASSIGN(const std::string text, read_file(intent_file(run)));
  const nlohmann::json parsed = nlohmann::json::parse(text, nullptr, false);
  if (!parsed.is_array()) {
    return fail(Error(ErrorKind::kCorrupt,
                      fmt::format("\"{}\": cannot be read", intent_file(run).string())));
  }
  std::vector<Move> moves;
  for (const nlohmann::json& item : parsed) {
    moves.push_back({run.folder / item.value("source", ""), run.folder / item.value("target", "")});
  }
  return moves;
}

Error moved_by_another(const ParquetRun& run, const fs::path& path, const std::string& what) {
  return Error(ErrorKind::kConflict, fmt::format("\"{}\" {}", path.string(), what))
      .about(path.string())
      .advise(fmt::format("sluice rollback {}", run.id));
}

Status do_move(const ParquetRun& run, const Move& move) {
  const bool from_final = move.source.parent_path() == final_folder(run);
  if (!is_there(move.source)) {
    if (is_there(move.target)) return {};
    return fail(moved_by_another(run, move.source, "is gone"));
  }
  if (is_there(move.target)) {
    if (!from_final) return {};  // the old one is away, the new one has come
    return fail(moved_by_another(run, move.target, "appeared while the run was going on"));
  }
  TRY(rename_durably(move.source, move.target));
  return sync_file(move.source.parent_path());
}

Status undo_move(const ParquetRun& run, const Move& move) {
  const bool from_final = move.source.parent_path() == final_folder(run);
  const bool done = from_final ? !is_there(move.source) : is_there(move.target);
  if (!done || !is_there(move.target)) return {};
  if (is_there(move.source)) return fail(moved_by_another(run, move.source, "is in the way"));
  TRY(rename_durably(move.target, move.source));
  return sync_file(move.target.parent_path());
}

// What was staged is published by now, under other names of the same files.
Status remove_chunks(const ParquetRun& run) {
  for (const TargetTable& table : run.plan->tables) {
    TRY(remove_tree(chunk_file(run, table, 0).parent_path()));
  }
  return {};
}

Status remove_run_folder(ParquetRun& run) {
  TRY(remove_tree(run.kept()));
  TRY(remove_with_ledger(run.staging()));
  return sync_file(run.folder);
}

// The staged files stand below the same folders, in ones with the same modes.
Status check_access(const ParquetRun& run) {
  if (run.access.empty()) return {};
  ReadableSet set;
  set.folders.push_back(fs::absolute(run.folder).lexically_normal());
  for (const TargetTable& table : run.plan->tables) {
    for (const auto& [chunk, digest] : run.ledger.landed(table_stem(table))) {
      set.files.push_back(fs::absolute(chunk_file(run, table, chunk)).lexically_normal());
    }
  }
  return check_readable(run.access, set);
}

}  // namespace

Status publish_files(ParquetRun& run) {
  if (run.ledger.is_published()) return remove_chunks(run);
  if (!run.ledger.exists()) return fail(ErrorKind::kInternal, "publish before prepare");
  if (!is_there(intent_file(run))) {
    TRY(check_access(run));
    TRY(write_intent(run));
  }
  TRY_ASSIGN(const auto moves, read_intent(run));
  TRY(make_folders(run.kept()));
  for (const Move& move : moves) TRY(do_move(run, move));
  TRY(run.ledger.append({{"kind", "published"}}));
  return remove_chunks(run);
}

Result<Steps> rollback_files(ParquetRun& run, bool dry_run) {
  Steps steps;
  if (!is_there(run.staging())) {
    if (is_there(run.kept()) && !dry_run) TRY(remove_tree(run.kept()));
    return steps;
  }
  std::vector<Move> moves;
  if (is_there(intent_file(run))) {
    TRY_ASSIGN(moves, read_intent(run));
  }
  for (auto move = moves.rbegin(); move != moves.rend(); ++move) {
    const bool from_final = move->source.parent_path() == final_folder(run);
    if (is_below(run.kept(), move->source)) continue;
    steps.push_back(from_final ? fmt::format("take away \"{}\"", move->target.string())
                               : fmt::format("put back \"{}\"", move->source.string()));
  }
  steps.push_back(fmt::format("remove \"{}\"", run.staging().string()));
  const std::vector<std::string> folders = run.ledger.folders();
  for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder) {
    steps.push_back(fmt::format("remove folder \"{}\" if it is empty", *folder));
  }
  if (dry_run) return steps;
  TRY(run.ledger.append({{"kind", "rolling_back"}}));
  for (auto move = moves.rbegin(); move != moves.rend(); ++move) TRY(undo_move(run, *move));
  TRY(remove_run_folder(run));
  for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder) {
    TRY(remove_if_empty(*folder));
  }
  return steps;
}

Result<Steps> forget_files(ParquetRun& run) {
  if (!is_there(run.staging())) return Steps{};
  if (!run.ledger.is_published()) {
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("run {} is not published, there is nothing to forget", run.id))
                    .advise(fmt::format("sluice rollback {}", run.id)));
  }
  Steps steps = {fmt::format("remove \"{}\"", run.kept().string()),
                 fmt::format("remove \"{}\"", run.staging().string())};
  TRY(remove_run_folder(run));
  return steps;
}

}  // namespace sluice::parquet
