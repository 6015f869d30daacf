#include "format/avro/container.h"

#include <fmt/format.h>

#include <charconv>

#include "base/sha256.h"
#include "format/avro/decoder.h"

namespace sluice::avro {
namespace {

constexpr std::string_view kMagic("Obj\x01", 4);
constexpr std::size_t kSync = 16;
// What a block grows to before it is compressed; the size that other writers take too.
constexpr std::size_t kBlockBytes = std::size_t{64} << 10;

std::string sync_of(const std::string& header, std::string_view content) {
  const std::string digits = sha256_hex(header + sha256_hex(content));
  std::string out;
  for (std::size_t i = 0; i < kSync; ++i) {
    unsigned byte = 0;
    std::from_chars(digits.data() + 2 * i, digits.data() + 2 * i + 2, byte, 16);
    out += static_cast<char>(byte);
  }
  return out;
}

Result<FileMetadata> read_metadata(Decoder& decoder) {
  FileMetadata out;
  for (std::int64_t count = decoder.block(); count > 0; count = decoder.block()) {
    for (; count > 0 && decoder.ok(); --count) {
      std::string key(decoder.text());
      out.insert_or_assign(std::move(key), std::string(decoder.text()));
    }
  }
  TRY(decoder.status());
  return out;
}

}  // namespace

Error ContainerReader::placed(Error error) const {
  error.message = fmt::format("file \"{}\", block at byte {}: {}", name_, block_at_, error.message);
  if (error.object.empty()) error.object = name_;
  return error;
}

Result<ContainerReader> ContainerReader::open(std::string_view bytes, std::string name) {
  ContainerReader out;
  out.name_ = std::move(name);
  const auto placed = [&](Error error) { return fail(out.placed(std::move(error))); };
  if (!bytes.starts_with(kMagic)) {
    return placed(Error(ErrorKind::kCorrupt, "it does not begin as an Avro file does"));
  }
  Decoder decoder(bytes);
  (void)decoder.raw(kMagic.size());
  auto metadata = read_metadata(decoder);
  if (!metadata) return placed(std::move(metadata.error()));
  out.metadata_ = std::move(*metadata);
  out.sync_ = decoder.raw(kSync);
  if (auto status = decoder.status(); !status) return placed(std::move(status.error()));
  const std::string* json = out.find("avro.schema");
  if (json == nullptr) return placed(Error(ErrorKind::kCorrupt, "its header has no schema"));
  auto schema = parse_schema(std::string_view(*json));
  if (!schema) return placed(std::move(schema.error()));
  out.schema_ = std::move(*schema);
  const std::string* codec_name = out.find("avro.codec");
  auto codec = codec_of(codec_name == nullptr ? "null" : *codec_name);
  if (!codec) return placed(std::move(codec.error()));
  out.codec_ = *codec;
  out.bytes_ = bytes;
  out.at_ = decoder.position();
  return out;
}

const std::string* ContainerReader::find(const std::string& key) const {
  const auto found = metadata_.find(key);
  return found == metadata_.end() ? nullptr : &found->second;
}

Result<bool> ContainerReader::next(Block& block) {
  block_at_ = at_;
  if (at_ == bytes_.size()) return false;
  Decoder decoder(bytes_.substr(at_));
  block.objects = decoder.number();
  const std::string_view packed = decoder.text();
  const std::string_view sync = decoder.raw(kSync);
  if (block.objects < 0) decoder.fail(fmt::format("a block has {} objects", block.objects));
  if (decoder.ok() && sync != sync_) decoder.fail("the marker behind a block is not the file's");
  if (auto status = decoder.status(); !status) return fail(placed(std::move(status.error())));
  auto bytes = decompress(codec_, packed);
  if (!bytes) return fail(placed(std::move(bytes.error())));
  block.bytes = std::move(*bytes);
  // Objects of no bytes are possible, but not so many that they fill the memory.
  const auto room = static_cast<std::int64_t>(block.bytes.size()) + Decoder::kEmptyItemsMax;
  if (block.objects > room) {
    return fail(placed(Error(ErrorKind::kCorrupt, fmt::format("{} objects are in {} bytes",
                                                              block.objects, block.bytes.size()))));
  }
  at_ += decoder.position();
  return true;
}

ContainerWriter::ContainerWriter(const Schema& schema, Codec codec, FileMetadata metadata)
    : codec_(codec) {
  if (!metadata.contains("avro.schema")) metadata["avro.schema"] = to_json(schema).dump();
  metadata["avro.codec"] = to_string(codec);
  Encoder encoder;
  encoder.raw(kMagic);
  encoder.number(static_cast<std::int64_t>(metadata.size()));
  for (const auto& [key, value] : metadata) {
    encoder.text(key);
    encoder.text(value);
  }
  encoder.number(0);
  header_ = encoder.take();
}

void ContainerWriter::append(std::string_view object) {
  pending_ += object;
  ++pending_objects_;
  if (pending_.size() >= kBlockBytes) end_block();
}

void ContainerWriter::end_block() {
  if (pending_objects_ == 0) return;
  blocks_.push_back({pending_objects_, compress(codec_, pending_)});
  pending_.clear();
  pending_objects_ = 0;
}

std::string ContainerWriter::finish() {
  end_block();
  std::string content;
  for (const Packed& block : blocks_) content += block.bytes;
  const std::string sync = sync_of(header_, content);
  Encoder out;
  out.raw(header_);
  out.raw(sync);
  for (const Packed& block : blocks_) {
    out.number(block.objects);
    out.text(block.bytes);
    out.raw(sync);
  }
  return out.take();
}

}  // namespace sluice::avro
