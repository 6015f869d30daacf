// Private to endpoint/iceberg: the metadata of a table against its manifests, of all snapshots.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "endpoint/iceberg/table_state.h"
#include "format/iceberg/manifest.h"
#include "model/lake_facts.h"

namespace sluice::iceberg {

// A data or delete file that some kept snapshot has.
struct NamedFile {
  FileContent content = FileContent::kData;
  std::int64_t size = 0;
};

struct CheckedManifests {
  std::map<std::string, NamedFile> files;  // by address
  std::set<std::string> known;             // plain addresses of all that it names
  std::vector<LakeFinding> findings;
  std::vector<LakeFinding> notes;
};

// Reads every manifest once. Errors: kDenied, kTransient, kCancelled; all else is a finding.
Result<CheckedManifests> check_manifests(const TableState& table);

// A finding about a file of a table.
LakeFinding finding_of(const TableState& table, const std::string& kind, const std::string& file,
                       const std::string& message);

// Errors that say nothing about a file.
bool says_nothing(const Error& error);

}  // namespace sluice::iceberg
