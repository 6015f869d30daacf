#include "format/delta/protocol.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace sluice::delta {
namespace {

// "Valid Feature Names in Table Features", and names of the same features before they were final.
// Those of the type variant ask nothing of tables without such a column; format/delta/schema
// refuses the others.
constexpr std::array<std::string_view, 10> kReaderFeatures = {
    "columnMapping",        "deletionVectors",
    "timestampNtz",         "v2Checkpoint",
    "vacuumProtocolCheck",  "typeWidening",
    "typeWidening-preview", "variantType",
    "variantType-preview",  "variantShredding-preview"};

bool is_of_catalog(const std::string& feature) {
  return feature == "catalogManaged" || feature.starts_with("catalogManaged-") ||
         feature.starts_with("catalogOwned");
}

bool is_known(const std::string& feature) {
  return std::find(kReaderFeatures.begin(), kReaderFeatures.end(), feature) !=
         kReaderFeatures.end();
}

Error unsupported(const std::string& table, const std::string& what) {
  return Error(ErrorKind::kUnsupported, fmt::format("table \"{}\": {}", table, what)).about(table);
}

Status check_features(const std::vector<std::string>& features, const std::string& table) {
  std::vector<std::string> unknown;
  for (const std::string& feature : features) {
    if (is_of_catalog(feature)) {
      return fail(unsupported(table, fmt::format("it is managed by a catalog (table feature "
                                                 "\"{}\"): its log may lack commits",
                                                 feature))
                      .advise("read it through that catalog, or export it from there"));
    }
    if (!is_known(feature)) unknown.push_back("\"" + feature + "\"");
  }
  if (unknown.empty()) return {};
  return fail(unsupported(table, fmt::format("it needs table features that this release does not "
                                             "know: {}",
                                             join(unknown, ", ")))
                  .advise("drop the feature with the program that wrote the table (ALTER TABLE ... "
                          "DROP FEATURE), or copy the table with that program"));
}

}  // namespace

bool can_map_columns(const Protocol& protocol) {
  if (protocol.reader_version == 2) return true;
  if (!protocol.reader_features) return false;
  const std::vector<std::string>& features = *protocol.reader_features;
  return std::find(features.begin(), features.end(), "columnMapping") != features.end();
}

Status check_can_read(const Protocol& protocol, const Metadata& metadata,
                      const std::string& table) {
  if (protocol.reader_version < 1 || protocol.reader_version > kReaderVersionMax) {
    return fail(unsupported(table, fmt::format("it needs version {} of the Delta reader protocol, "
                                               "this release knows 1 to {}",
                                               protocol.reader_version, kReaderVersionMax))
                    .advise("a newer release may read it"));
  }
  if (protocol.reader_version == kReaderVersionMax && !protocol.reader_features) {
    return fail(Error(ErrorKind::kCorrupt,
                      fmt::format("table \"{}\": its protocol has reader version {} and no "
                                  "readerFeatures",
                                  table, protocol.reader_version))
                    .about(table));
  }
  if (protocol.reader_features) TRY(check_features(*protocol.reader_features, table));
  if (protocol.writer_features) {
    // Listed with the writers' only by mistake, it says as much.
    for (const std::string& feature : *protocol.writer_features) {
      if (is_of_catalog(feature)) TRY(check_features({feature}, table));
    }
  }
  if (metadata.format_provider != "parquet") {
    return fail(unsupported(table, fmt::format("its data files are of format \"{}\", not parquet",
                                               metadata.format_provider)));
  }
  return {};
}

}  // namespace sluice::delta
