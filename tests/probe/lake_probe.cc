// Reads a file of a lake format and writes it again, so that judges in Python can hold our bytes
// against theirs. Not a part of the product.
//
//   lake_probe avro IN OUT CODEC          objects of a container
//   lake_probe metadata IN OUT            table metadata
//   lake_probe manifest IN OUT            a manifest, its schema and spec as they are
//   lake_probe manifest-list IN OUT
//   lake_probe puffin OUT FILE ROW...     a deletion vector of these rows of FILE
//   lake_probe puffin-rows IN             the rows of each deletion vector
//   lake_probe values IN                  lines "type<TAB>JSON<TAB>transform": the bytes, both
//   bounds
//                                         and what the transform makes
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

#include "base/text.h"
#include "format/avro/container.h"
#include "format/avro/datum.h"
#include "format/iceberg/manifest.h"
#include "format/iceberg/puffin.h"

namespace sluice {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

Status copy_avro(const std::string& in, const std::string& out, const std::string& codec) {
  const std::string bytes = read_file(in);
  TRY_ASSIGN(auto reader, avro::ContainerReader::open(bytes, in));
  TRY_ASSIGN(const avro::Codec chosen, avro::codec_of(codec));
  avro::ContainerWriter writer(reader.schema(), chosen, {});
  avro::ContainerReader::Block block;
  while (true) {
    TRY_ASSIGN(const bool more, reader.next(block));
    if (!more) break;
    avro::Decoder decoder(block.bytes);
    for (std::int64_t i = 0; i < block.objects; ++i) {
      TRY_ASSIGN(const avro::Datum datum, avro::read_datum(decoder, reader.schema()));
      avro::Encoder encoder;
      TRY(avro::write_datum(encoder, reader.schema(), datum));
      writer.append(encoder.bytes());
    }
  }
  write_file(out, writer.finish());
  return {};
}

Status copy_manifest(const std::string& in, const std::string& out) {
  const std::string bytes = read_file(in);
  TRY_ASSIGN(const auto manifest, iceberg::read_manifest(bytes, in));
  TRY_ASSIGN(const std::string written,
             iceberg::write_manifest(manifest, {manifest.schema}, avro::Codec::kDeflate));
  write_file(out, written);
  return {};
}

Status copy_manifest_list(const std::string& in, const std::string& out) {
  const std::string bytes = read_file(in);
  TRY_ASSIGN(const auto reader, avro::ContainerReader::open(bytes, in));
  TRY_ASSIGN(const auto lines, iceberg::read_manifest_list(bytes, in));
  iceberg::ManifestListHead head;
  if (const auto* version = reader.find("format-version"))
    head.format_version = std::stoi(*version);
  if (const auto* id = reader.find("snapshot-id")) head.snapshot_id = std::stoll(*id);
  TRY_ASSIGN(const std::string written,
             iceberg::write_manifest_list(head, lines, avro::Codec::kDeflate));
  write_file(out, written);
  return {};
}

Status print_rows(const std::string& in) {
  const std::string bytes = read_file(in);
  TRY_ASSIGN(const auto footer, iceberg::read_puffin(bytes, in));
  for (const iceberg::PuffinBlob& blob : footer.blobs) {
    TRY_ASSIGN(const std::string content, iceberg::read_blob(bytes, blob, in));
    TRY_ASSIGN(const RowSet rows, RowSet::parse_framed(content));
    std::cout << blob.properties.at("referenced-data-file");
    for (const std::uint64_t row : rows.rows()) std::cout << ' ' << row;
    std::cout << '\n';
  }
  return {};
}

Status print_values(const std::string& in) {
  std::ifstream lines(in);
  const auto shown = [](const std::optional<std::string>& bytes) {
    return bytes ? hex(bytes->data(), bytes->size()) : std::string("none");
  };
  for (std::string line; std::getline(lines, line);) {
    const std::vector<std::string> cells = split(line, '\t');
    TRY_ASSIGN(const auto type, iceberg::parse_type(iceberg::Json(cells.at(0))));
    TRY_ASSIGN(const auto value, iceberg::from_json(type, iceberg::Json::parse(cells.at(1))));
    const auto transform = iceberg::parse_transform(cells.at(2));
    TRY_ASSIGN(const auto made, iceberg::result_type(transform, type));
    TRY_ASSIGN(const auto result, iceberg::apply(transform, type, value));
    std::cout << shown(iceberg::to_bytes(type, value)) << '\t'
              << shown(iceberg::lower_bound(type, value)) << '\t'
              << shown(iceberg::upper_bound(type, value)) << '\t'
              << shown(iceberg::to_bytes(made, result)) << '\n';
  }
  return {};
}

Status write_puffin(const std::vector<std::string>& words) {
  std::vector<std::uint64_t> rows;
  for (std::size_t i = 2; i < words.size(); ++i) rows.push_back(std::stoull(words[i]));
  write_file(words.at(0),
             iceberg::write_deletion_vectors({{words.at(1), RowSet::of(rows)}}, "sluice").bytes);
  return {};
}

Status run(const std::string& verb, const std::vector<std::string>& words) {
  if (verb == "avro") return copy_avro(words.at(0), words.at(1), words.at(2));
  if (verb == "manifest") return copy_manifest(words.at(0), words.at(1));
  if (verb == "manifest-list") return copy_manifest_list(words.at(0), words.at(1));
  if (verb == "puffin") return write_puffin(words);
  if (verb == "puffin-rows") return print_rows(words.at(0));
  if (verb == "values") return print_values(words.at(0));
  if (verb == "metadata") {
    TRY_ASSIGN(const auto metadata, iceberg::parse_metadata(read_file(words.at(0)), words.at(0)));
    write_file(words.at(1), iceberg::write_metadata(metadata));
    return {};
  }
  return fail(ErrorKind::kInvalid, fmt::format("\"{}\" is no verb of the probe", verb));
}

}  // namespace
}  // namespace sluice

int main(int count, char** words) {
  if (count < 2) return EXIT_FAILURE;
  const sluice::Status done = sluice::run(words[1], {words + 2, words + count});
  if (done) return EXIT_SUCCESS;
  std::cerr << done.error().message << '\n';
  return sluice::exit_code(done.error().kind);
}
