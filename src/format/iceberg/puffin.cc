#include "format/iceberg/puffin.h"

#include <fmt/format.h>
#include <zstd.h>

namespace sluice::iceberg {
namespace {

constexpr std::string_view kMagic = "PFA1";
constexpr std::size_t kTail = 12;  // payload size, flags, magic
constexpr std::int32_t kRowPositionId = 2147483545;
constexpr std::uint64_t kBlobMax = std::uint64_t{1} << 30;

std::unexpected<Error> corrupt(const std::string& name, const std::string& what) {
  return fail(ErrorKind::kCorrupt, fmt::format("puffin file \"{}\": {}", name, what));
}

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) {
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return value;
}

std::map<std::string, std::string> properties_of(const JsonFields& fields) {
  std::map<std::string, std::string> out;
  const Json* found = fields.find("properties");
  if (found == nullptr || !found->is_object()) return out;
  for (const auto& [key, value] : found->items()) {
    if (value.is_string()) out[key] = value.get<std::string>();
  }
  return out;
}

Result<PuffinBlob> parse_blob(const Json& json, std::size_t end, const std::string& name) {
  const JsonFields fields(json, fmt::format("a blob of puffin file \"{}\"", name));
  PuffinBlob out;
  TRY_ASSIGN(out.type, fields.text("type"));
  TRY_ASSIGN(out.fields, fields.integers("fields"));
  TRY_ASSIGN(out.snapshot_id, fields.number("snapshot-id"));
  TRY_ASSIGN(out.sequence_number, fields.number("sequence-number"));
  TRY_ASSIGN(out.offset, fields.number("offset"));
  TRY_ASSIGN(out.length, fields.number("length"));
  TRY_ASSIGN(const auto codec, fields.maybe_text("compression-codec"));
  out.codec = codec.value_or("");
  out.properties = properties_of(fields);
  const auto first = static_cast<std::int64_t>(kMagic.size());
  const auto last = static_cast<std::int64_t>(end);
  if (out.offset < first || out.length < 0 || out.offset > last || out.length > last - out.offset) {
    return fields.corrupt(fmt::format("{} bytes at {} are not between {} and {}", out.length,
                                      out.offset, first, last));
  }
  return out;
}

Json blob_json(const PuffinBlob& blob) {
  Json out = {{"type", blob.type},
              {"fields", blob.fields},
              {"snapshot-id", blob.snapshot_id},
              {"sequence-number", blob.sequence_number},
              {"offset", blob.offset},
              {"length", blob.length},
              {"properties", blob.properties}};
  if (!blob.codec.empty()) out["compression-codec"] = blob.codec;
  return out;
}

void append_number(std::string& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift & 0xFF);
}

}  // namespace

Result<PuffinFooter> read_puffin(std::string_view file, const std::string& name) {
  const std::size_t least = 2 * kMagic.size() + kTail;
  if (file.size() < least || !file.starts_with(kMagic) || !file.ends_with(kMagic)) {
    return corrupt(name, "it does not begin and end as a puffin file does");
  }
  const std::string_view tail = file.substr(file.size() - kTail);
  const std::size_t size = little_endian(tail);
  const std::uint32_t flags = little_endian(tail.substr(4));
  if (flags != 0) {
    return fail(ErrorKind::kUnsupported,
                fmt::format("puffin file \"{}\": its footer has the flags {:08x}{}", name, flags,
                            (flags & 1) != 0 ? " (compressed by lz4)" : ""));
  }
  if (size > file.size() - least) {
    return corrupt(name, fmt::format("its footer has {} bytes, the file {}", size, file.size()));
  }
  const std::size_t begin = file.size() - kTail - size - kMagic.size();
  if (file.substr(begin, kMagic.size()) != kMagic) return corrupt(name, "its footer is damaged");
  TRY_ASSIGN(const Json json, parse_json(file.substr(begin + kMagic.size(), size),
                                         fmt::format("the footer of puffin file \"{}\"", name)));
  const JsonFields fields(json, fmt::format("the footer of puffin file \"{}\"", name));
  PuffinFooter out;
  TRY_ASSIGN(const Json* blobs, fields.list("blobs"));
  for (const Json& one : *blobs) {
    TRY_ASSIGN(PuffinBlob blob, parse_blob(one, begin, name));
    out.blobs.push_back(std::move(blob));
  }
  out.properties = properties_of(fields);
  return out;
}

Result<std::string> read_blob(std::string_view file, const PuffinBlob& blob,
                              const std::string& name) {
  const std::string_view bytes =
      file.substr(static_cast<std::size_t>(blob.offset), static_cast<std::size_t>(blob.length));
  if (blob.codec.empty()) return std::string(bytes);
  if (blob.codec != "zstd") {
    return fail(ErrorKind::kUnsupported, fmt::format("puffin file \"{}\": a blob is compressed by "
                                                     "\"{}\"; zstd is read",
                                                     name, blob.codec));
  }
  // The format asks writers for the size of the content.
  const unsigned long long size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > kBlobMax) {
    return corrupt(name, "a blob has no frame of zstd");
  }
  std::string out(static_cast<std::size_t>(size), '\0');
  const std::size_t found = ZSTD_decompress(out.data(), out.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(found) != 0 || found != size) return corrupt(name, "a blob is damaged");
  return out;
}

Result<RowSet> read_deletion_vector(std::string_view bytes, std::int64_t cardinality,
                                    const std::string& name) {
  auto rows = RowSet::parse_framed(bytes);
  if (!rows) return corrupt(name, rows.error().message);
  if (static_cast<std::int64_t>(rows->cardinality()) != cardinality) {
    return corrupt(name, fmt::format("a deletion vector deletes {} rows, its manifest says {}",
                                     rows->cardinality(), cardinality));
  }
  return rows;
}

WrittenPuffin write_deletion_vectors(const std::vector<DeletedRowsOf>& vectors,
                                     const std::string& created_by) {
  WrittenPuffin out;
  out.bytes = kMagic;
  Json blobs = Json::array();
  for (const DeletedRowsOf& one : vectors) {
    const std::string framed = one.rows.framed();
    PuffinBlob blob;
    blob.type = kDeletionVectorBlob;
    blob.fields = {kRowPositionId};
    blob.offset = static_cast<std::int64_t>(out.bytes.size());
    blob.length = static_cast<std::int64_t>(framed.size());
    blob.properties = {{"referenced-data-file", one.data_file},
                       {"cardinality", std::to_string(one.rows.cardinality())}};
    out.bytes += framed;
    blobs.push_back(blob_json(blob));
    out.blobs.push_back(std::move(blob));
  }
  const std::string footer =
      json_text({{"blobs", std::move(blobs)}, {"properties", {{"created-by", created_by}}}});
  out.bytes += kMagic;
  out.bytes += footer;
  append_number(out.bytes, static_cast<std::uint32_t>(footer.size()));
  append_number(out.bytes, 0);
  out.bytes += kMagic;
  return out;
}

}  // namespace sluice::iceberg
