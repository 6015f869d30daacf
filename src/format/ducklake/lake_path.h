// Where a lake's files are: data path, schema, table and file, each relative to the one before or
// absolute (specification, "Paths").
#pragma once

#include <string>
#include <string_view>

namespace sluice::ducklake {

// `path` below `folder`, or alone. Nothing is put between the two: folders of a lake end with a
// slash.
std::string resolve_path(std::string_view folder, std::string_view path, bool is_relative);

// `path` with a slash at its end.
std::string as_folder(std::string path);

// The folder of a schema or table called `name`, with a slash; names that are no names of folders
// are replaced by `uuid`.
std::string folder_for(std::string_view name, std::string_view uuid);

// A part of a path, k=v, for a value of a partition: what would end or escape the part is
// percent-encoded.
std::string partition_part(std::string_view key, std::string_view value);

}  // namespace sluice::ducklake
