// What the `catalog` commands tell, and how: text for a terminal, and JSON, whose fields are API
// (docs/catalog.md).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "model/catalog_facts.h"
#include "report/text_table.h"

namespace sluice {

struct CatalogImportReport {
  std::string catalog;
  bool dry_run = false;
  std::vector<CatalogImportFacts> tables;
  double seconds = 0;

  // Of the first table that failed; null where none did.
  const Error* error() const;
};

struct CatalogCheckReport {
  std::string catalog;
  std::vector<CatalogCheckFacts> tables;
  double seconds = 0;

  const Error* error() const;
  bool same() const;
};

struct CatalogLagReport {
  std::string catalog;
  std::string time;  // RFC 3339
  std::vector<CatalogLagFacts> tables;
};

struct CatalogSpeedReport {
  std::string catalog;
  std::string table_id;
  std::vector<CatalogTiming> questions;

  bool same() const {
    return std::all_of(questions.begin(), questions.end(), [](const auto& q) { return q.same; });
  }
};

struct CatalogStatusReport {
  std::string catalog;
  std::vector<CatalogMigrationFacts> migrations;  // the newest first
  std::vector<CatalogLagFacts> tables;            // by id
};

struct CatalogMirrorReport {
  std::string catalog;
  std::vector<CatalogMirrorFacts> commits;

  // Of the first commit that is still to be done; null where there is none.
  const Error* error() const;
};

struct CatalogRollbackReport {
  std::string catalog;
  CatalogRollbackFacts table;
};

struct CatalogDropReport {
  std::string catalog;
  std::string table_id;
  std::uint64_t files = 0;
};

struct CatalogExportReport {
  std::string catalog;
  CatalogExportFacts table;
};

std::string render_text(const CatalogImportReport& report, const TextStyle& style);
std::string render_text(const CatalogCheckReport& report, const TextStyle& style);
std::string render_text(const CatalogLagReport& report, const TextStyle& style);
std::string render_text(const CatalogSpeedReport& report, const TextStyle& style);
std::string render_text(const CatalogStatusReport& report, const TextStyle& style);
std::string render_text(const CatalogMirrorReport& report, const TextStyle& style);
std::string render_text(const CatalogRollbackReport& report, const TextStyle& style);
std::string render_text(const CatalogDropReport& report, const TextStyle& style);
std::string render_text(const CatalogExportReport& report, const TextStyle& style);

std::string render_json(const CatalogImportReport& report);
std::string render_json(const CatalogCheckReport& report);
// On one line, where one comes after the other.
std::string render_line(const CatalogLagReport& report);
std::string render_json(const CatalogSpeedReport& report);
std::string render_json(const CatalogStatusReport& report);
std::string render_json(const CatalogMirrorReport& report);
std::string render_json(const CatalogRollbackReport& report);
std::string render_json(const CatalogDropReport& report);
std::string render_json(const CatalogExportReport& report);

}  // namespace sluice
