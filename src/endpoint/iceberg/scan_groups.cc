#include "endpoint/iceberg/scan_groups.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "base/text.h"
#include "endpoint/iceberg/types.h"

namespace sluice::iceberg {
namespace {

// Looks at so many files before they are read; the rest is met by the scan.
constexpr std::size_t kFilesLookedAt = 1000;
// Planning a query takes some tenths of a millisecond for each scan.
constexpr std::size_t kPartitionsMax = 1000;

std::string deletes_key(const LiveFile& file) {
  std::string out;
  for (const ManifestEntry* entry : file.deletes.equality) out += '\0' + entry->file.path;
  return out;
}

Status check_file(const TableState& table, const DataFile& file) {
  if (file.format != "parquet") {
    return fail(table_error(ErrorKind::kUnsupported, table.name,
                            fmt::format("its file \"{}\" is of format {}, and Parquet is read",
                                        file.path, file.format))
                    .advise("rewrite the table with write.format.default=parquet"));
  }
  if (!file.key_metadata) return {};
  return fail(table_error(ErrorKind::kUnsupported, table.name,
                          fmt::format("its file \"{}\" is encrypted", file.path)));
}

class Grouping {
 public:
  Grouping(const ScanInput& input, Engine& engine, GroupBy by)
      : input_(input), engine_(engine), by_(by) {}

  Result<std::vector<ScanGroup>> group(const std::vector<FilePart>& parts) {
    TRY(read_columns(parts));
    if (by_ == GroupBy::kPartition) name_partitions(parts);
    for (std::size_t i = 0; i < parts.size(); ++i) TRY(place(parts[i], i));
    return std::move(out_);
  }

 private:
  Status read_columns(const std::vector<FilePart>& parts) {
    std::vector<std::string> plain;  // what footers are told by
    for (const FilePart& part : parts) {
      const DataFile& file = input_.files->at(part.file).data();
      TRY(check_file(*input_.table, file));
      TRY_ASSIGN(std::string path, input_.table->files->engine_path(file.path, engine_));
      const bool is_here = !local_path(file.path).empty();
      if (is_here && paths_.size() < kFilesLookedAt) TRY(check_there(file));
      plain.push_back(is_here ? local_path(file.path) : path);
      paths_.push_back(std::move(path));
    }
    TRY_ASSIGN(const auto connection, engine_.connect());
    auto read = read_nodes(*connection, paths_);
    if (!read) return fail(in_table(std::move(read.error()), *input_.table));
    TRY(map_names(*read));
    for (const std::string& path : plain) {
      nodes_.push_back((*read)[path]);
      has_ids_.push_back(with_ids_.contains(path));
    }
    return {};
  }

  // The values of the columns that its spec has as they are.
  std::string partition_key(const LiveFile& file) const {
    std::string out;
    for (const Column* column : input_.columns) {
      const Value* const value = partition_value(file, column->id);
      if (value != nullptr) out += literal(column->type, *value).value_or("") + '\0';
      out += '\1';
    }
    return out;
  }

  // Nothing where there are so many that a scan of each would cost more than it saves.
  void name_partitions(const std::vector<FilePart>& parts) {
    for (const FilePart& part : parts) {
      partitions_.insert(partition_key(input_.files->at(part.file)));
      if (partitions_.size() <= kPartitionsMax) continue;
      partitions_.clear();
      return;
    }
  }

  Status check_there(const DataFile& file) {
    const auto found = input_.table->files->head(file.path);
    if (found || found.error().kind != ErrorKind::kNotFound) {
      return found ? Status() : fail(in_table(found.error(), *input_.table));
    }
    return fail(table_error(ErrorKind::kNotFound, input_.table->name,
                            fmt::format("its file \"{}\" is not there", file.path))
                    .advise("it was removed as belonging to an old snapshot, or the table was "
                            "copied without it; `sluice lake fsck` names all that are missing"));
  }

  // Files that somebody else wrote and added have no ids.
  Status map_names(std::map<std::string, std::vector<FileNode>>& read) {
    std::optional<NameMapping> mapping;
    for (auto& [path, nodes] : read) {
      if (has_ids(nodes)) {
        with_ids_.insert(path);
        continue;
      }
      if (Status named = check_names(nodes); !named) {
        return fail(in_table(std::move(named.error()), *input_.table));
      }
      const auto& properties = input_.table->metadata().properties;
      const auto text = properties.find(kNameMappingProperty);
      if (text == properties.end()) {
        return fail(table_error(ErrorKind::kUnsupported, input_.table->name,
                                fmt::format("its file \"{}\" has no field ids, and the table no {}",
                                            path, kNameMappingProperty))
                        .advise("set that property, or write the file anew with a program that "
                                "keeps field ids"));
      }
      if (!mapping) {
        TRY_ASSIGN(mapping, parse_name_mapping(text->second));
      }
      give_mapped_ids(nodes, *mapping);
    }
    return {};
  }

  // `at_part`: its place among all.
  Status place(const FilePart& part, std::size_t at_part) {
    const LiveFile& file = input_.files->at(part.file);
    std::vector<FileColumn> found;
    std::string key = (has_ids_[at_part] ? "i" : "n") + deletes_key(file);
    if (!partitions_.empty()) key += '\0' + partition_key(file);
    for (const Column* column : input_.columns) {
      Result<FileColumn> one = find_in_file(*column, nodes_[at_part]);
      if (!one) return fail(in_table(std::move(one.error()), *input_.table));
      key += '\0' + shape_key(*one, has_ids_[at_part]);
      found.push_back(std::move(*one));
    }
    const bool is_whole = part.begin == 0 && part.end == 0;
    const auto [at, is_new] =
        is_whole ? alike_.try_emplace(key, out_.size()) : std::pair(alike_.end(), true);
    if (is_new) {
      ScanGroup& group = out_.emplace_back();
      group.found = std::move(found);
      group.has_ids = has_ids_[at_part];
      group.is_of_partition = !partitions_.empty() && is_whole;
    }
    ScanGroup& group = out_[is_whole ? at->second : out_.size() - 1];
    group.parts.push_back(part);
    group.paths.push_back(paths_[at_part]);
    return {};
  }

  const ScanInput& input_;
  Engine& engine_;
  GroupBy by_;
  std::set<std::string> partitions_;          // empty: not told apart
  std::vector<std::string> paths_;            // of the parts
  std::vector<std::vector<FileNode>> nodes_;  // likewise
  std::vector<bool> has_ids_;                 // likewise
  std::set<std::string> with_ids_;            // files, by path
  std::vector<ScanGroup> out_;
  std::map<std::string, std::size_t> alike_;  // groups of whole files
};

}  // namespace

Result<std::vector<ScanGroup>> groups_of_files(const ScanInput& input,
                                               const std::vector<FilePart>& parts, Engine& engine,
                                               GroupBy by) {
  return Grouping(input, engine, by).group(parts);
}

}  // namespace sluice::iceberg
