#include "endpoint/iceberg/write_deletes.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "endpoint/copied_files.h"
#include "endpoint/row_positions.h"
#include "format/iceberg/puffin.h"
#include "lake_catalog/iceberg_files.h"

namespace sluice::iceberg {
namespace {

namespace fs = std::filesystem;

// "Reserved Field IDs"
constexpr std::int32_t kFilePathId = 2147483546;
constexpr std::int32_t kPositionId = 2147483545;

// In the order of their positions.
Result<CopiedFile> copy_positions(const std::string& address, const DeletedPlaces& places,
                                  const DeletesWriting& writing, Engine& engine,
                                  EngineConnection& connection) {
  TRY_ASSIGN(const std::string path, writing.files->writing_path(address, engine));
  if (!local_path(address).empty()) TRY(make_folders(fs::path(path).parent_path()));
  const std::string source = engine.add_source(positions_source({{0, RowSet::of(places.rows)}}));
  auto copied = copy_to_files(
      connection,
      fmt::format("COPY (SELECT {} AS file_path, pos FROM {} ORDER BY pos) TO {} (FORMAT "
                  "parquet, COMPRESSION zstd, RETURN_STATS, KV_METADATA {{sluice_run: {}}}, "
                  "FIELD_IDS {{'file_path': {}, 'pos': {}}})",
                  quote_literal(places.file->data().path), source, quote_literal(path),
                  quote_literal(writing.run), kFilePathId, kPositionId));
  engine.remove_source(source);
  if (!copied) return fail(std::move(copied.error()));
  if (!local_path(address).empty()) {
    TRY(sync_file(path));
    TRY(sync_file(fs::path(path).parent_path()));
  }
  return std::move(copied->at(0));
}

DataFile deletes_of(const DataFile& file, const std::string& address, const char* format) {
  DataFile out;
  out.content = FileContent::kPositionDeletes;
  out.path = address;
  out.format = format;
  out.partition = file.partition;
  out.referenced_data_file = file.path;
  return out;
}

}  // namespace

Status write_position_deletes(const std::vector<DeletedPlaces>& places,
                              const DeletesWriting& writing, Engine& engine,
                              EngineConnection& connection, SnapshotChange& change,
                              std::vector<std::string>& written) {
  for (const DeletedPlaces& one : places) {
    const std::string address =
        fmt::format("{}-{:04}.parquet", writing.stem, change.deletes.size());
    written.push_back(address);
    TRY_ASSIGN(const CopiedFile copied, copy_positions(address, one, writing, engine, connection));
    DataFile file = deletes_of(one.file->data(), address, "parquet");
    file.record_count = static_cast<std::int64_t>(copied.rows);
    file.file_size = static_cast<std::int64_t>(copied.bytes);
    // Whole, not cut: by equal ones readers see that the file is of one data file.
    file.lower_bounds.emplace_back(kFilePathId, one.file->data().path);
    file.upper_bounds.emplace_back(kFilePathId, one.file->data().path);
    change.deletes.push_back({*one.file->spec, std::move(file)});
  }
  return {};
}

Status write_vectors(const std::vector<DeletedPlaces>& places, const DeletesWriting& writing,
                     TableScan& now, SnapshotChange& change, std::vector<std::string>& written) {
  std::vector<DeletedRowsOf> vectors;
  for (const DeletedPlaces& one : places) {
    TRY_ASSIGN(const RowSet before, now.deleted_places(*one.file));
    std::vector<std::uint64_t> rows = before.rows();
    rows.insert(rows.end(), one.rows.begin(), one.rows.end());
    vectors.push_back({one.file->data().path, RowSet::of(std::move(rows))});
    const AppliedDeletes& applied = one.file->deletes;
    if (applied.vector != nullptr) {
      change.removes_deletes.insert(delete_key(applied.vector->file));
    }
    for (const ManifestEntry* entry : applied.position) {
      if (entry->file.referenced_data_file) {
        change.removes_deletes.insert(delete_key(entry->file));
      }
    }
  }
  const WrittenPuffin puffin = write_deletion_vectors(vectors, "sluice " SLUICE_VERSION);
  const std::string address = writing.stem + ".puffin";
  written.push_back(address);
  TRY(writing.files->write(address, puffin.bytes));
  for (std::size_t i = 0; i < places.size(); ++i) {
    DataFile file = deletes_of(places[i].file->data(), address, "puffin");
    file.record_count = static_cast<std::int64_t>(vectors[i].rows.cardinality());
    file.file_size = static_cast<std::int64_t>(puffin.bytes.size());
    file.content_offset = puffin.blobs[i].offset;
    file.content_size = puffin.blobs[i].length;
    change.deletes.push_back({*places[i].file->spec, std::move(file)});
  }
  return {};
}

}  // namespace sluice::iceberg
