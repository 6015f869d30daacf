#include "endpoint/sqlite/records.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/text.h"
#include "endpoint/sqlite/types.h"

namespace sluice::sqlite {
namespace {

constexpr unsigned char kInteriorPage = 0x05;
constexpr unsigned char kLeafPage = 0x0d;
constexpr std::size_t kInteriorHeaderBytes = 12;
constexpr std::size_t kLeafHeaderBytes = 8;
constexpr std::size_t kDepthMax = 20;  // SQLite's own BTCURSOR_MAX_DEPTH

std::uint64_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}
std::uint32_t big16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint32_t>(byte_at(bytes, at) << 8 | byte_at(bytes, at + 1));
}
std::uint32_t big32(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return __builtin_bswap32(value);
}

// Moves `at` past a varint. False: the bytes end within it.
bool take_varint(std::string_view bytes, std::size_t& at, std::uint64_t& value) {
  value = 0;
  for (int i = 0; i < 8; ++i) {
    if (at >= bytes.size()) return false;
    const std::uint64_t byte = byte_at(bytes, at++);
    value = value << 7 | (byte & 0x7f);
    if (byte < 0x80) return true;
  }
  if (at >= bytes.size()) return false;
  value = value << 8 | byte_at(bytes, at++);
  return true;
}

// Bytes of a value of this serial type (section 2.1).
std::uint64_t bytes_of(std::uint64_t serial_type) {
  static constexpr std::uint64_t kBytes[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0};
  return serial_type < 12 ? kBytes[serial_type] : (serial_type - 12) / 2;
}

std::int64_t big_signed(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = byte_at(bytes, at) >= 0x80 ? ~std::uint64_t{0} : 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | byte_at(bytes, at + i);
  return static_cast<std::int64_t>(value);
}

}  // namespace

Result<std::optional<StoredTable>> stored_table(Connection& connection, const std::string& table,
                                                const std::vector<std::string>& columns) {
  TRY_ASSIGN(const auto layout, page_layout(connection));
  if (!layout) return std::nullopt;
  StoredTable out;
  out.layout = *layout;
  TRY_ASSIGN(Statement root,
             connection.prepare("SELECT s.rootpage, l.wr, l.type, (SELECT count(*) FROM "
                                "pragma_index_list(s.name) WHERE origin = 'pk') FROM "
                                "sqlite_schema AS s JOIN pragma_table_list AS l ON l.schema = "
                                "'main' AND l.name = s.name WHERE s.type = 'table' AND "
                                "lower(s.name) = lower(?)"));
  root.bind(1, table);
  TRY_ASSIGN(const bool found, root.step());
  if (!found || root.integer(1) != 0 || root.text(2) != "table") return std::nullopt;
  out.root = static_cast<std::uint32_t>(root.integer(0));
  // A key that is the row's number has no index of its own.
  const bool key_has_index = root.integer(3) != 0;
  TRY_ASSIGN(Statement fields,
             connection.prepare("SELECT name, type, pk, dflt_value IS NOT NULL, hidden FROM "
                                "pragma_table_xinfo(?) ORDER BY cid"));
  fields.bind(1, table);
  std::vector<std::pair<std::string, StoredColumn>> stored;
  while (true) {
    TRY_ASSIGN(const bool more, fields.step());
    if (!more) break;
    if (fields.integer(4) != 0) return std::nullopt;
    StoredColumn column;
    column.field = stored.size();
    column.is_rowid = fields.integer(2) != 0 && !key_has_index;
    column.real = affinity_of(fields.text(1)) == Affinity::kReal;
    column.has_default = fields.integer(3) != 0;
    stored.emplace_back(to_lower(fields.text(0)), column);
  }
  for (const std::string& name : columns) {
    const std::string wanted = to_lower(name);
    const auto at = std::find_if(stored.begin(), stored.end(),
                                 [&](const auto& entry) { return entry.first == wanted; });
    if (at == stored.end()) return std::nullopt;
    out.columns.push_back(at->second);
  }
  return out;
}

Records::Records(Connection& connection, const StoredTable& table, std::vector<std::size_t> wanted,
                 std::optional<std::int64_t> begin, std::optional<std::int64_t> end)
    : pages_(connection, table.layout),
      overflow_(connection, table.layout),
      table_(&table),
      wanted_(std::move(wanted)),
      begin_(begin),
      end_(end),
      cells_(wanted_.size()) {
  for (const std::size_t i : wanted_) {
    fields_max_ = std::max(fields_max_, table_->columns[i].field + 1);
  }
  types_.resize(fields_max_);
  offsets_.resize(fields_max_);
}

// Pushes a page; it is read anew when it is its turn again.
Status Records::enter(std::uint32_t number) {
  if (levels_.size() >= kDepthMax || ++entered_ > table_->layout.pages) {
    return fail(pages_.corrupt(number, "the tree refers to itself"));
  }
  TRY_ASSIGN(const std::string_view page, pages_.read(number));
  const auto kind = static_cast<unsigned char>(page[0]);
  if (kind != kInteriorPage && kind != kLeafPage) {
    return fail(pages_.corrupt(number, "it is no page of a table"));
  }
  Level level{number, 0, big16(page, 3), kind == kLeafPage};
  const std::size_t header = level.leaf ? kLeafHeaderBytes : kInteriorHeaderBytes;
  if (header + std::size_t{2} * level.cells > table_->layout.usable_bytes) {
    return fail(pages_.corrupt(number, "it has more cells than it can hold"));
  }
  if (level.leaf) {
    levels_.push_back(level);
    return {};
  }
  if (begin_) {
    // The first child whose last row is not before the range.
    std::uint32_t low = 0;
    std::uint32_t high = level.cells;
    while (low < high) {
      const std::uint32_t middle = (low + high) / 2;
      std::size_t at = big16(page, header + std::size_t{2} * middle) + std::size_t{4};
      std::uint64_t key = 0;
      if (at >= page.size() || !take_varint(page, at, key)) {
        return fail(pages_.corrupt(number, "a cell is outside the page"));
      }
      if (static_cast<std::int64_t>(key) < *begin_) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    level.cell = low;
  }
  levels_.push_back(level);
  return {};
}

// The next child of an interior page; `past_end` where its rows are behind the range.
Result<std::uint32_t> Records::child(Level& level, bool& past_end) {
  TRY_ASSIGN(const std::string_view page, pages_.read(level.page));
  const std::uint32_t index = level.cell++;
  if (index > 0 && end_) {
    std::size_t at =
        big16(page, kInteriorHeaderBytes + std::size_t{2} * (index - 1)) + std::size_t{4};
    std::uint64_t key = 0;
    if (at >= page.size() || !take_varint(page, at, key)) {
      return fail(pages_.corrupt(level.page, "a cell is outside the page"));
    }
    past_end = static_cast<std::int64_t>(key) + 1 >= *end_;
  }
  if (index == level.cells) return big32(page, 8);
  const std::size_t at = big16(page, kInteriorHeaderBytes + std::size_t{2} * index);
  if (at + 4 > page.size()) {
    return fail(pages_.corrupt(level.page, "a cell is outside the page"));
  }
  return big32(page, at);
}

Result<bool> Records::next() {
  if (!started_) {
    started_ = true;
    TRY(enter(table_->root));
  }
  bool past_end = false;
  while (!levels_.empty() && !past_end) {
    Level& level = levels_.back();
    if (level.cell >= level.cells + (level.leaf ? 0U : 1U)) {
      levels_.pop_back();
      continue;
    }
    if (level.leaf) {
      TRY_ASSIGN(const bool found, read_leaf_cell(level, past_end));
      if (found) return true;
    } else {
      TRY_ASSIGN(const std::uint32_t number, child(level, past_end));
      if (!past_end) TRY(enter(number));
    }
  }
  levels_.clear();
  return false;
}

// False: the row is before the range, or `past_end`.
Result<bool> Records::read_leaf_cell(Level& level, bool& past_end) {
  TRY_ASSIGN(const std::string_view page, pages_.read(level.page));
  std::size_t at = big16(page, kLeafHeaderBytes + std::size_t{2} * level.cell++);
  std::uint64_t bytes = 0;
  std::uint64_t key = 0;
  if (at >= page.size() || !take_varint(page, at, bytes) || !take_varint(page, at, key)) {
    return fail(pages_.corrupt(level.page, "a cell is outside the page"));
  }
  rowid_ = static_cast<std::int64_t>(key);
  if (begin_ && rowid_ < *begin_) return false;
  if (end_ && rowid_ >= *end_) {
    past_end = true;
    return false;
  }
  const std::uint32_t number = level.page;
  TRY_ASSIGN(const std::string_view record, payload(page, number, at, bytes));
  TRY(decode(record, number));
  return true;
}

// Section 1.6, "cell format": how much of a payload is on the leaf page itself.
Result<std::string_view> Records::payload(std::string_view page, std::uint32_t number,
                                          std::size_t at, std::uint64_t bytes) {
  const std::uint64_t usable = table_->layout.usable_bytes;
  if (bytes <= usable - 35) {
    if (at + bytes > usable) return fail(pages_.corrupt(number, "a row is outside the page"));
    return page.substr(at, bytes);
  }
  if (bytes > usable * table_->layout.pages) {
    return fail(pages_.corrupt(number, "a row is longer than the file"));
  }
  const std::uint64_t least = (usable - 12) * 32 / 255 - 23;
  std::uint64_t local = least + (bytes - least) % (usable - 4);
  if (local > usable - 35) local = least;
  if (at + local + 4 > usable) return fail(pages_.corrupt(number, "a row is outside the page"));
  long_payload_.assign(page.substr(at, local));
  std::uint32_t following = big32(page, at + local);
  while (long_payload_.size() < bytes) {
    TRY_ASSIGN(const std::string_view more, overflow_.read(following));
    const std::uint64_t part = std::min<std::uint64_t>(bytes - long_payload_.size(), usable - 4);
    long_payload_.append(more.substr(4, part));
    following = big32(more, 0);
  }
  return std::string_view(long_payload_);
}

Status Records::decode(std::string_view record, std::uint32_t page) {
  std::size_t at = 0;
  std::uint64_t header_bytes = 0;
  if (!take_varint(record, at, header_bytes) || header_bytes > record.size()) {
    return fail(pages_.corrupt(page, "a record's header is longer than the record"));
  }
  const std::string_view header = record.substr(0, header_bytes);
  std::uint64_t offset = header_bytes;
  std::size_t fields = 0;
  while (fields < fields_max_ && at < header.size()) {
    std::uint64_t type = static_cast<unsigned char>(header[at]);
    if (type < 0x80) {
      ++at;
    } else if (!take_varint(header, at, type)) {
      return fail(pages_.corrupt(page, "a record's header ends within a number"));
    }
    types_[fields] = type;
    offsets_[fields] = offset;
    offset += bytes_of(type);
    ++fields;
  }
  if (offset > record.size()) return fail(pages_.corrupt(page, "a value is outside its record"));
  lacks_default_ = false;
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    const StoredColumn& column = table_->columns[wanted_[i]];
    if (column.field < fields) {
      decode_column(i, record);
      continue;
    }
    cells_[i] = Cell();
    if (column.is_rowid) decode_column(i, record);
    lacks_default_ = lacks_default_ || column.has_default;
  }
  return {};
}

void Records::decode_column(std::size_t i, std::string_view record) {
  const StoredColumn& column = table_->columns[wanted_[i]];
  Cell& cell = cells_[i];
  if (column.is_rowid) {
    cell = Cell{SQLITE_INTEGER, rowid_, 0, {}};
    return;
  }
  const std::uint64_t type = types_[column.field];
  const std::size_t at = offsets_[column.field];
  if (type >= 12) {
    cell.sqlite_class = type % 2 == 0 ? SQLITE_BLOB : SQLITE_TEXT;
    cell.bytes = record.substr(at, bytes_of(type));
    return;
  }
  if (type == 0 || type >= 10) {
    cell.sqlite_class = SQLITE_NULL;
    return;
  }
  if (type == 7) {
    cell.real = std::bit_cast<double>(big_signed(record, at, 8));
    cell.sqlite_class = std::isnan(cell.real) ? SQLITE_NULL : SQLITE_FLOAT;
    return;
  }
  cell.integer = type >= 8 ? static_cast<std::int64_t>(type) - 8
                           : big_signed(record, at, static_cast<std::size_t>(bytes_of(type)));
  cell.sqlite_class = SQLITE_INTEGER;
  if (!column.real) return;
  cell.real = static_cast<double>(cell.integer);
  cell.sqlite_class = SQLITE_FLOAT;
}

}  // namespace sluice::sqlite
