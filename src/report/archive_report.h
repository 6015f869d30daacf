// What the `backup` commands tell (docs/backup.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "report/report.h"
#include "report/text_table.h"

namespace sluice {

struct ArchivedTable {
  std::string table;
  std::uint64_t rows = 0;
  std::string digest;  // docs/formats/digest.md; "" where no drill was made
};

struct ArchiveFacts {
  std::string id;        // a ULID
  std::string location;  // what it is a copy of, without a password
  std::string kind;      // ducklake, duckdb, sqlite, postgres, mysql
  std::string catalog;   // of a lake: sqlite, duckdb, postgres
  std::string created_at;
  std::string format;                    // dir, tar.zst or tar.gz; "" for a run's
  std::optional<std::int64_t> snapshot;  // of a lake: the newest in it
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  bool drilled = false;  // it was restored once and was the same
  std::vector<ArchivedTable> tables;
  std::string path;
  std::string run;      // of a backup that a run made before it replaced something; "" else
  std::string problem;  // why its manifest cannot be read; "" where it can
};

struct ArchiveReport {  // backup create
  ArchiveFacts archive;
  double seconds = 0;
};

struct ArchiveListReport {
  std::vector<ArchiveFacts> archives;  // the oldest first
};

struct ArchiveFinding {
  std::string kind;  // missing_file, damaged_file, damaged_manifest, unexpected_file
  std::string file;  // below the archive
  std::string message;
};

struct ArchiveCheckReport {  // backup verify
  ArchiveFacts archive;
  std::vector<ArchiveFinding> findings;
  double seconds = 0;

  bool sound() const { return findings.empty(); }
};

struct RestoreReport {
  std::string id;
  std::string target;
  std::string data_path;  // of a lake
  std::string kept;       // what was there is under this name now; "" where nothing is kept
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t tables = 0;  // that were opened in the restored place
  double seconds = 0;
};

struct PruneReport {
  bool done = false;  // false for a dry run
  std::vector<ArchiveFacts> removed;
  std::uint64_t kept = 0;
};

std::string render_text(const ArchiveReport& report, const TextStyle& style);
std::string render_text(const ArchiveListReport& report, const TextStyle& style);
std::string render_text(const ArchiveCheckReport& report, const TextStyle& style);
std::string render_text(const RestoreReport& report, const TextStyle& style);
std::string render_text(const PruneReport& report, const TextStyle& style);

std::string render_json(const ArchiveReport& report);
std::string render_json(const ArchiveListReport& report);
std::string render_json(const ArchiveCheckReport& report);
std::string render_json(const RestoreReport& report);
std::string render_json(const PruneReport& report);

}  // namespace sluice
