#include "endpoint/delta/check_scan.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>

#include "base/file.h"
#include "base/text.h"
#include "format/delta/deletion_vector.h"

namespace sluice::delta {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFilesAtOnce = 64;
constexpr std::size_t kBoundsAtOnce = 2000;
constexpr std::size_t kLeafItems = 3;
constexpr std::string_view kPlace = "sluice: place";
constexpr const char* kPlaceItem = "CAST(f.file_index AS BIGINT) AS \"sluice: place\"";

// Errors that say nothing about the file.
bool is_ours(const Error& error) {
  return error.kind == ErrorKind::kCancelled || error.kind == ErrorKind::kLimit ||
         is_out_of_memory(error);
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// Runs `look` on all files at once; where that fails on halves, until the broken ones are alone.
template <typename Look>
Status look_at(const std::vector<std::size_t>& places, std::vector<FileFacts>& facts,
               const Look& look) {
  if (places.empty()) return {};
  Status done = look(places);
  if (done) return {};
  if (is_ours(done.error())) return done;
  if (places.size() == 1) {
    facts[places.front()].problem = first_line(done.error().message);
    return {};
  }
  const auto middle = places.begin() + static_cast<std::ptrdiff_t>(places.size() / 2);
  TRY(look_at({places.begin(), middle}, facts, look));
  return look_at({middle, places.end()}, facts, look);
}

template <typename Takes, typename Look>
Status look_in_parts(std::vector<FileFacts>& facts, const Takes& takes, const Look& look) {
  std::vector<std::size_t> part;
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (takes(facts[i])) part.push_back(i);
    if (part.size() < kFilesAtOnce && i + 1 < facts.size()) continue;
    TRY(look_at(part, facts, look));
    part.clear();
  }
  return {};
}

std::uint64_t number(const std::optional<std::string>& cell) {
  return std::stoull(cell.value_or("0"));
}

bool is_float(TypeKind kind) { return kind == TypeKind::kFloat32 || kind == TypeKind::kFloat64; }

}  // namespace

Status CheckScan::look_elsewhere(FileFacts& facts) const {
  if (listed_.empty()) {
    const std::string below = table_.folder + "/";
    TRY_ASSIGN(const auto found, files_.list_below(below));
    for (const FoundFile& file : found) listed_.emplace(file.path, file.bytes);
  }
  const auto at = listed_.find(facts.path);
  if (at != listed_.end()) {
    facts.is_there = true;
    facts.bytes = at->second;
    return {};
  }
  const auto found = files_.find(facts.path);  // another place may be one that nobody opened
  if (!found) facts.problem = found.error().message;
  facts.is_there = !found || *found;
  facts.bytes = found && *found ? (*found)->bytes : 0;
  return {};
}

Status CheckScan::look_at_disk(std::vector<FileFacts>& facts) const {
  facts.resize(table_.snapshot.files.size());
  for (std::size_t i = 0; i < facts.size(); ++i) {
    const auto path = data_path(table_, table_.snapshot.files[i].add);
    if (!path) {
      facts[i].path = table_.snapshot.files[i].add.path;
      facts[i].is_there = true;
      facts[i].problem = path.error().message;
      continue;
    }
    facts[i].path = *path;
    if (!files_.is_local()) {
      TRY(look_elsewhere(facts[i]));
      continue;
    }
    std::error_code code;
    facts[i].bytes = fs::file_size(*path, code);
    facts[i].is_there = !code;
    if (code) facts[i].bytes = 0;
    // Whose right is missing does not make a file a damaged one.
    if (code == std::errc::permission_denied ||
        (facts[i].is_there && ::access(path->c_str(), R_OK) != 0 && errno == EACCES)) {
      return fail(errno_error(EACCES, "read", *path));
    }
  }
  return {};
}

void CheckScan::read_vectors(std::vector<FileFacts>& facts) const {
  DeletedRows deleted;
  for (std::size_t i = 0; i < facts.size(); ++i) {
    const AddFile& file = table_.snapshot.files[i].add;
    if (!file.deletion_vector) continue;
    const auto rows = deleted.of(table_, file, files_);
    if (rows) {
      facts[i].vector = VectorState::kSound;
      const std::vector<std::uint64_t> positions = rows->rows();
      if (!positions.empty()) facts[i].deleted_last = positions.back();
      continue;
    }
    const Error& error = rows.error();
    facts[i].vector_problem = error.message;
    facts[i].vector = error.kind == ErrorKind::kNotFound       ? VectorState::kMissing
                      : error.vendor_code == kWrongCardinality ? VectorState::kMiscounted
                                                               : VectorState::kDamaged;
  }
}

Status CheckScan::read_footers(std::vector<FileFacts>& facts) {
  return look_in_parts(
      facts, [](const FileFacts& file) { return file.is_readable(); },
      [&](const Places& places) { return footers_of(places, facts); });
}

Status CheckScan::footers_of(const Places& places, std::vector<FileFacts>& facts) {
  std::map<std::string, Places> by_path;
  for (const std::size_t place : places) by_path[facts[place].path].push_back(place);
  std::vector<std::string> literals;
  for (const auto& [path, same] : by_path) literals.push_back(quote_literal(path));
  TRY_ASSIGN(const auto rows, connection_.rows("SELECT file_name, num_rows FROM "
                                               "parquet_file_metadata([" +
                                               join(literals, ", ") + "])"));
  for (const TextRow& row : rows) {
    for (const std::size_t place : by_path[row.at(0).value_or("")]) {
      facts[place].rows = number(row.at(1));
    }
  }
  return {};
}

// For each leaf: NULLs, least and greatest value. NaN is in no order with the others.
std::string CheckScan::aggregates() const {
  std::string out;
  for (const LeafColumn& leaf : leaves_) {
    std::string sql = quote_identifier(leaf.shown.front());
    for (std::size_t i = 1; i < leaf.shown.size(); ++i) {
      sql = fmt::format("struct_extract({}, {})", sql, quote_literal(leaf.shown[i]));
    }
    const std::string filter =
        is_float(leaf.type.kind) ? fmt::format(" FILTER (WHERE NOT isnan({}))", sql) : "";
    out += fmt::format(", count(*) - count({0})", sql);
    if (leaf.type.kind == TypeKind::kBlob) {
      out += ", NULL, NULL";
    } else {
      out +=
          fmt::format(", CAST(min({0}){1} AS VARCHAR), CAST(max({0}){1} AS VARCHAR)", sql, filter);
    }
  }
  return out;
}

Status CheckScan::read_values(std::vector<FileFacts>& facts) {
  return look_in_parts(
      facts,
      [](const FileFacts& file) {
        return file.is_readable() && file.rows &&
               (file.vector == VectorState::kNone || file.vector == VectorState::kSound);
      },
      [&](const Places& places) { return values_of(places, facts); });
}

Status CheckScan::values_of(const Places& places, std::vector<FileFacts>& facts) {
  std::vector<FilePart> parts;
  for (const std::size_t place : places) parts.push_back({place, 0, 0});
  TRY_ASSIGN(const std::vector<ScanGroup> groups, scan_.groups(parts));
  for (const ScanGroup& group : groups) {
    TRY_ASSIGN(const std::string select, select_of(table_, group, kPlaceItem));
    TRY_ASSIGN(const auto rows,
               connection_.rows(fmt::format("SELECT {0}, count(*){1} FROM ({2}) GROUP BY {0}",
                                            quote_identifier(kPlace), aggregates(), select)));
    for (const FilePart& part : group.parts) facts[part.file].rows_alive = 0;  // where it has none
    for (const TextRow& row : rows) {
      FileFacts& file = facts[group.parts.at(number(row.at(0))).file];
      file.rows_alive = number(row.at(1));
      file.leaves.resize(leaves_.size());
      for (std::size_t i = 0; i < leaves_.size(); ++i) {
        const std::size_t at = 2 + i * kLeafItems;
        file.leaves[i] = {number(row.at(at)), row.at(at + 1), row.at(at + 2)};
      }
      if (progress_.rows_done != nullptr) *progress_.rows_done += *file.rows_alive;
    }
  }
  return {};
}

Result<std::vector<bool>> CheckScan::compare(const std::vector<Bound>& bounds) {
  std::vector<bool> out(bounds.size(), true);
  std::map<std::string, Places> by_type;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    const Bound& bound = bounds[i];
    if (bound.low == bound.high) continue;
    if (bound.type.empty()) {
      out[i] = bound.low <= bound.high;
    } else {
      by_type[bound.type].push_back(i);
    }
  }
  for (const auto& [type, places] : by_type) {
    for (std::size_t at = 0; at < places.size(); at += kBoundsAtOnce) {
      const std::size_t end = std::min(places.size(), at + kBoundsAtOnce);
      std::vector<std::string> rows;
      for (std::size_t i = at; i < end; ++i) {
        const Bound& bound = bounds[places[i]];
        rows.push_back(fmt::format("({}, {}, {}, {})", places[i], quote_literal(bound.low),
                                   quote_literal(bound.high), !bound.counts_if_unreadable));
      }
      TRY_ASSIGN(
          const auto held,
          connection_.rows(fmt::format(
              "SELECT place, coalesce(TRY_CAST(low AS {0}) <= TRY_CAST(high AS {0}), lenient)"
              " FROM (VALUES {1}) AS bounds(place, low, high, lenient)",
              type, join(rows, ", "))));
      for (const TextRow& row : held) out[number(row.at(0))] = row.at(1) == "true";
    }
  }
  return out;
}

}  // namespace sluice::delta
