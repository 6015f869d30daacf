#include "lake_catalog/write_delta_checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/clock.h"
#include "base/crash_point.h"
#include "base/file.h"
#include "base/files.h"
#include "base/remove_path.h"
#include "base/text.h"
#include "format/delta/write_actions.h"
#include "lake_catalog/delta_log.h"
#include "lake_catalog/ducklake_commit.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr delta::Version kIntervalWithoutProperty = 10;
constexpr std::int64_t kMsPerHour = 3'600'000;
constexpr std::int64_t kRetentionMs = 7 * 24 * kMsPerHour;

constexpr const char* kVectorType =
    "STRUCT(storageType VARCHAR, pathOrInlineDv VARCHAR, \"offset\" INTEGER, sizeInBytes INTEGER, "
    "cardinality BIGINT)";

// The columns of a checkpoint, as JSON is read into them ("Checkpoint Schema").
std::string columns_sql() {
  const std::string file = fmt::format(
      "partitionValues MAP(VARCHAR, VARCHAR), size BIGINT, deletionVector {}, baseRowId BIGINT, "
      "defaultRowCommitVersion BIGINT",
      kVectorType);
  const std::array columns = {
      std::pair("txn", std::string("STRUCT(appId VARCHAR, version BIGINT, lastUpdated BIGINT)")),
      std::pair("add", fmt::format("STRUCT(path VARCHAR, modificationTime BIGINT, dataChange "
                                   "BOOLEAN, stats VARCHAR, tags MAP(VARCHAR, VARCHAR), "
                                   "clusteringProvider VARCHAR, {})",
                                   file)),
      std::pair("remove", fmt::format("STRUCT(path VARCHAR, deletionTimestamp BIGINT, dataChange "
                                      "BOOLEAN, extendedFileMetadata BOOLEAN, {})",
                                      file)),
      std::pair("metaData",
                std::string("STRUCT(id VARCHAR, name VARCHAR, description VARCHAR, format "
                            "STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR)), schemaString "
                            "VARCHAR, partitionColumns VARCHAR[], configuration MAP(VARCHAR, "
                            "VARCHAR), createdTime BIGINT)")),
      std::pair("protocol",
                std::string("STRUCT(minReaderVersion INTEGER, minWriterVersion INTEGER, "
                            "readerFeatures VARCHAR[], writerFeatures VARCHAR[])")),
      std::pair("domainMetadata",
                std::string("STRUCT(domain VARCHAR, configuration VARCHAR, removed BOOLEAN)")),
  };
  std::vector<std::string> out;
  for (const auto& [name, type] : columns) {
    out.push_back(fmt::format("{}: {}", quote_literal(name), quote_literal(type)));
  }
  return "{" + join(out, ", ") + "}";
}

// "interval 7 days", "interval 168 hours"; nullopt for what is spelled otherwise.
std::optional<std::int64_t> retention_ms(const std::string& text) {
  if (text.empty()) return kRetentionMs;
  std::vector<std::string> words = split(to_lower(text), ' ');
  std::erase(words, "");
  if (!words.empty() && words.front() == "interval") words.erase(words.begin());
  if (words.size() != 2) return std::nullopt;
  std::int64_t count = 0;
  const auto [end, error] =
      std::from_chars(words[0].data(), words[0].data() + words[0].size(), count);
  if (error != std::errc() || end != words[0].data() + words[0].size()) return std::nullopt;
  const std::string_view unit = words[1];
  if (unit.starts_with("hour")) return count * kMsPerHour;
  if (unit.starts_with("day")) return count * 24 * kMsPerHour;
  if (unit.starts_with("week")) return count * 7 * 24 * kMsPerHour;
  return std::nullopt;
}

delta::Version interval_of(const delta::Metadata& metadata) {
  const std::string text = metadata.property("delta.checkpointInterval");
  delta::Version interval = 0;
  std::from_chars(text.data(), text.data() + text.size(), interval);
  return interval > 0 ? interval : kIntervalWithoutProperty;
}

delta::Actions actions_of(delta::Snapshot snapshot) {
  delta::Actions out;
  const auto kept_ms =
      retention_ms(snapshot.metadata.property("delta.deletedFileRetentionDuration"));
  const std::int64_t since = kept_ms ? now_unix_ms() - *kept_ms : 0;
  out.protocol = std::move(snapshot.protocol);
  out.metadata = std::move(snapshot.metadata);
  out.txns = std::move(snapshot.txns);
  out.domains = std::move(snapshot.domains);
  for (delta::RemoveFile& file : snapshot.tombstones) {
    if (kept_ms && file.deleted_ms.value_or(0) < since) continue;
    out.removes.push_back(std::move(file));
  }
  out.adds.reserve(snapshot.files.size());
  for (delta::LiveFile& file : snapshot.files) out.adds.push_back(std::move(file.add));
  return out;
}

Status copy_to_parquet(Engine& engine, const fs::path& json, std::uint64_t bytes,
                       const fs::path& parquet) {
  TRY_ASSIGN(const auto connection, engine.connect());
  TRY(connection->execute(fmt::format(
      "COPY (SELECT * FROM read_json({}, format = 'newline_delimited', compression = "
      "'uncompressed', maximum_object_size = {}, columns = {})) TO {} (FORMAT parquet, COMPRESSION "
      "snappy)",
      quote_literal(json.string()), std::max<std::uint64_t>(bytes + 1, 16'777'216), columns_sql(),
      quote_literal(parquet.string()))));
  return sync_file(parquet);
}

constexpr std::size_t kVersionDigits = 20;

nlohmann::json last_checkpoint(const DeltaCheckpoint& wanted, const std::string& text,
                               std::uint64_t bytes, const delta::Actions& actions) {
  return {{"version", wanted.version},
          {"size", std::count(text.begin(), text.end(), '\n')},
          {"sizeInBytes", bytes},
          {"numOfAddFiles", actions.adds.size()}};
}

// An object appears whole, so that both are put under their names. The lines that the engine makes
// Parquet of stay on this machine.
Status put_files(const DeltaCheckpoint& wanted, const delta::Actions& actions, Engine& engine,
                 Files& files) {
  const fs::path log = wanted.folder / DeltaLog::kFolder;
  const fs::path checkpoint =
      log / (delta::commit_name(wanted.version).substr(0, kVersionDigits) + ".checkpoint.parquet");
  const std::string text = delta::checkpoint_text(actions);
  const fs::path json =
      engine.options().spill_folder / (unfinished_log_prefix(wanted.owner) + new_uuid() + ".json");
  TRY(make_folders(json.parent_path()));
  Status written = write_file_atomically(json, text);
  if (written) written = copy_to_parquet(engine, json, text.size(), checkpoint);
  TRY(remove_file(json));
  TRY(written);
  crash_point();
  TRY_ASSIGN(const auto found, files.find(checkpoint.native()));
  const nlohmann::json last = last_checkpoint(wanted, text, found ? found->bytes : 0, actions);
  return files.write((log / "_last_checkpoint").native(), last.dump());
}

Status write_files(const DeltaCheckpoint& wanted, const delta::Actions& actions, Engine& engine) {
  Files& files = engine.files_of(wanted.folder.native());
  if (!files.is_local()) return put_files(wanted, actions, engine, files);
  const fs::path log = wanted.folder / DeltaLog::kFolder;
  const std::string name =
      delta::commit_name(wanted.version).substr(0, kVersionDigits) + ".checkpoint.parquet";
  const fs::path unfinished = log / (unfinished_log_prefix(wanted.owner) + new_uuid() + ".tmp");
  const fs::path json = unfinished.string() + ".json";
  const std::string text = delta::checkpoint_text(actions);
  const auto write = [&]() -> Status {
    TRY(write_file_atomically(json, text));
    TRY(copy_to_parquet(engine, json, text.size(), unfinished));
    TRY(wanted.access.give_file(unfinished));
    crash_point();
    return rename_durably(unfinished, log / name);
  };
  const Status written = write();
  TRY(remove_file(json));
  TRY(remove_file(unfinished));
  TRY(written);
  std::error_code code;
  const nlohmann::json last =
      last_checkpoint(wanted, text, fs::file_size(log / name, code), actions);
  crash_point();
  TRY(write_file_atomically(json, last.dump()));
  TRY(wanted.access.give_file(json));
  return rename_durably(json, log / "_last_checkpoint");
}

}  // namespace

bool is_checkpoint_due(const delta::Metadata& metadata, delta::Version version) {
  return version > 0 && version % interval_of(metadata) == 0;
}

std::string unfinished_log_prefix(const std::string& owner) { return ".sluice_" + owner + "_"; }

Status write_delta_checkpoint(const DeltaCheckpoint& wanted, Engine& engine) {
  TRY_ASSIGN(const DeltaLog log, DeltaLog::open(wanted.folder, wanted.table, engine));
  TRY_ASSIGN(delta::Snapshot snapshot, log.load(wanted.version));
  return write_files(wanted, actions_of(std::move(snapshot)), engine);
}

}  // namespace sluice
