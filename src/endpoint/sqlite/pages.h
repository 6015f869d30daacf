// The pages of a database file, read past SQLite's own cache and virtual machine.
// https://sqlite.org/fileformat2.html sections 1.2 and 1.3.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "client/sqlite/connection.h"

namespace sluice::sqlite {

struct PageLayout {
  std::uint32_t page_bytes = 0;
  std::uint32_t usable_bytes = 0;  // without the bytes reserved at the end of each page
  std::uint64_t pages = 0;         // of the file
};

// Requires: an open read transaction, which keeps others from writing to the file (section 3).
// nullopt: only SQLite can tell what is in this database: it has a write-ahead log with content,
// its text is UTF-16, or it is not a file.
Result<std::optional<PageLayout>> page_layout(Connection& connection);

// Reads through SQLite's own file descriptor, so that no lock of this process is lost. Pages that
// follow each other are read several at once.
class Pages {
 public:
  Pages(Connection& connection, PageLayout layout) : connection_(&connection), layout_(layout) {}

  // The whole page; valid until the next call. Errors: kCorrupt past the end of the file.
  Result<std::string_view> read(std::uint32_t number);
  const PageLayout& layout() const { return layout_; }
  Error corrupt(std::uint32_t page, std::string_view what) const;

 private:
  Connection* connection_;
  PageLayout layout_;
  std::string window_;  // pages first_ to before end_
  std::uint32_t first_ = 1;
  std::uint32_t end_ = 1;
  std::uint32_t ahead_ = 1;  // pages to read at once
};

}  // namespace sluice::sqlite
