#include "endpoint/iceberg/file_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "endpoint/iceberg/partition_text.h"
#include "endpoint/iceberg/table_scan.h"

namespace sluice::iceberg {
namespace {

std::uint64_t positive(std::int64_t number) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, number));
}

// Live rows of the files that some equality delete applies to, by place.
Result<std::map<std::size_t, std::uint64_t>> scanned_rows(TableScan& scan, const LiveFiles& live,
                                                          Engine& engine) {
  std::vector<FilePart> parts;
  for (std::size_t i = 0; i < live.files().size(); ++i) {
    if (!live.files()[i].deletes.equality.empty()) parts.push_back({i, 0, 0});
  }
  std::map<std::size_t, std::uint64_t> out;
  if (parts.empty()) return out;
  TRY_ASSIGN(const Scanned scanned, scan.scan(parts));
  TRY_ASSIGN(const auto connection, engine.connect());
  for (const ScanGroup& group : scanned.groups) {
    for (const FilePart& part : group.parts) out[part.file] = 0;
    TRY_ASSIGN(const std::string select, select_of(scanned.input, group, kPlaceItem));
    TRY_ASSIGN(const auto rows,
               connection->rows(fmt::format("SELECT {0}, count(*) FROM ({1}) GROUP BY {0}",
                                            kPlaceName, select)));
    for (const TextRow& row : rows) {
      const std::size_t place = std::stoull(row.at(0).value_or("0"));
      out[group.parts.at(place).file] = std::stoull(row.at(1).value_or("0"));
    }
  }
  return out;
}

Result<LakeTableFacts> table_facts(TableScan& scan, Engine& engine) {
  LakeTableFacts out;
  out.table = scan.state().name.display();
  TRY_ASSIGN(const auto live, scan.live());
  TRY_ASSIGN(const auto scanned, scanned_rows(scan, *live, engine));
  for (std::size_t i = 0; i < live->files().size(); ++i) {
    const LiveFile& file = live->files()[i];
    LakeFileFacts& facts = out.files.emplace_back();
    facts.path = file.data().path;
    facts.rows = positive(file.data().record_count);
    facts.bytes = positive(file.data().file_size);
    facts.partition = partition_text(scan.state().metadata(), file);
    facts.added_by = file.entry->snapshot_id.value_or(0);
    const auto alive = scanned.find(i);
    if (alive != scanned.end()) {
      facts.deleted = facts.rows - std::min(facts.rows, alive->second);
    } else if (file.deletes.vector != nullptr) {
      facts.deleted = positive(file.deletes.vector->file.record_count);
    } else if (!file.deletes.position.empty()) {
      TRY_ASSIGN(const RowSet deleted, scan.deleted_places(file));
      facts.deleted = deleted.cardinality();
    }
  }
  return out;
}

}  // namespace

Result<LakeFilesFacts> files_of(const std::vector<std::shared_ptr<const IcebergTable>>& tables,
                                const Moment& moment, Engine& engine) {
  LakeFilesFacts out;
  std::optional<Error> first;
  for (const auto& table : tables) {
    auto state = state_at(table, moment, engine.cancel_token());
    if (!state) {
      if (state.error().kind != ErrorKind::kNotFound) return fail(std::move(state.error()));
      if (!first) first = std::move(state.error());
      continue;
    }
    const Snapshot* const snapshot = state->snapshot;
    TRY_ASSIGN(auto live, LiveFiles::load(*state, Metrics::kSkip));
    TableScan scan(std::move(*state), engine, std::move(live));
    TRY_ASSIGN(LakeTableFacts facts, table_facts(scan, engine));
    out.tables.push_back(std::move(facts));
    if (tables.size() > 1 || snapshot == nullptr) continue;
    out.snapshot = snapshot->id;
    out.time = moment_text(snapshot->timestamp_ms);
  }
  if (out.tables.empty() && first) return fail(std::move(*first));
  return out;
}

}  // namespace sluice::iceberg
