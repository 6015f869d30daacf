#include "backup/packed_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <map>

#include "backup/archive_manifest.h"
#include "backup/backup.h"
#include "backup/sha256_sum.h"
#include "base/crash_point.h"
#include "base/file.h"
#include "base/text.h"
#include "base/unique_handle.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifest = "manifest.json";
constexpr std::size_t kPieceBytes = std::size_t{1} << 20U;
constexpr std::size_t kManifestBytesMax = std::size_t{256} << 20U;

using Writer = UniqueHandle<::archive*, archive_write_free>;
using Reader = UniqueHandle<::archive*, archive_read_free>;
using Entry = UniqueHandle<archive_entry*, archive_entry_free>;

std::string said(::archive* handle) {
  const char* const text = archive_error_string(handle);
  return text == nullptr ? "no reason given" : text;
}

std::unexpected<Error> cannot_write(::archive* handle, const fs::path& target) {
  const int error = archive_errno(handle);
  if (error > 0) return fail(errno_error(error, "write", target));
  return fail(ErrorKind::kInternal, fmt::format("write \"{}\": {}", target.string(), said(handle)));
}

std::unexpected<Error> corrupt(const fs::path& file, const std::string& what) {
  return fail(Error(ErrorKind::kCorrupt, fmt::format("archive \"{}\": {}", file.string(), what))
                  .about(file.string()));
}

// A warning, as of a name that is no text in this locale, does no harm: names are bytes here.
bool is_fine(int result) { return result == ARCHIVE_OK || result == ARCHIVE_WARN; }

Status begin_entry(::archive* writer, const std::string& name, std::uint64_t bytes, mode_t mode,
                   const fs::path& target) {
  const Entry entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes));
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), mode & 0777U);
  archive_entry_set_mtime(entry.get(), ::time(nullptr), 0);
  if (!is_fine(archive_write_header(writer, entry.get()))) return cannot_write(writer, target);
  return {};
}

Status write_bytes(::archive* writer, std::string_view bytes, const fs::path& target) {
  const la_ssize_t wrote = archive_write_data(writer, bytes.data(), bytes.size());
  if (wrote == static_cast<la_ssize_t>(bytes.size())) return {};
  return cannot_write(writer, target);
}

Status write_file(::archive* writer, const fs::path& source, const std::string& name,
                  std::uint64_t bytes, const fs::path& target) {
  struct stat facts {};
  if (::stat(source.c_str(), &facts) != 0) return fail(errno_error(errno, "read", source));
  TRY(begin_entry(writer, name, bytes, facts.st_mode, target));
  FILE* const file = std::fopen(source.c_str(), "rb");
  if (file == nullptr) return fail(errno_error(errno, "read", source));
  std::string piece(kPieceBytes, '\0');
  Status done;
  while (done) {
    const std::size_t size = std::fread(piece.data(), 1, piece.size(), file);
    if (size == 0) break;
    done = write_bytes(writer, {piece.data(), size}, target);
  }
  if (done && std::ferror(file) != 0) done = fail(errno_error(EIO, "read", source));
  std::fclose(file);
  return done;
}

Result<Reader> open_reader(const fs::path& file) {
  Reader reader(archive_read_new());
  archive_read_support_filter_zstd(reader.get());
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_format_tar(reader.get());
  if (archive_read_open_filename(reader.get(), file.c_str(), kPieceBytes) == ARCHIVE_OK) {
    return reader;
  }
  if (archive_errno(reader.get()) == ENOENT) return fail(errno_error(ENOENT, "read", file));
  return corrupt(file, said(reader.get()));
}

// Returns: null at the end.
Result<archive_entry*> next_entry(const Reader& reader, const fs::path& file) {
  archive_entry* entry = nullptr;
  const int result = archive_read_next_header(reader.get(), &entry);
  if (result == ARCHIVE_EOF) return nullptr;
  if (!is_fine(result)) return corrupt(file, said(reader.get()));
  if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_pathname(entry) == nullptr) {
    return corrupt(file, "something in it is no plain file");
  }
  return entry;
}

// Every entry lies in the folder of the archive's id.
std::string name_below_id(archive_entry* entry) {
  const std::string name = archive_entry_pathname(entry);
  const std::size_t at = name.find('/');
  return at == std::string::npos ? "" : name.substr(at + 1);
}

// Gives all bytes of an entry to `take`, a piece at a time.
template <typename Take>
Status read_entry(const Reader& reader, const fs::path& file, Take take) {
  std::string piece(kPieceBytes, '\0');
  while (true) {
    const la_ssize_t size = archive_read_data(reader.get(), piece.data(), piece.size());
    if (size == 0) return {};
    if (size < 0) return corrupt(file, said(reader.get()));
    TRY(take(std::string_view(piece.data(), static_cast<std::size_t>(size))));
  }
}

Result<std::string> read_text(const Reader& reader, const fs::path& file) {
  std::string text;
  TRY(read_entry(reader, file, [&](std::string_view bytes) -> Status {
    text.append(bytes);
    return text.size() < kManifestBytesMax ? Status() : corrupt(file, "its manifest is too long");
  }));
  return text;
}

// Unpacks one file, or only reads it. Returns: its SHA-256.
Result<std::string> take_entry(const Reader& reader, archive_entry* entry, const fs::path& file,
                               const fs::path& target) {
  TRY_ASSIGN(Sha256Sum sum, Sha256Sum::begin());
  FILE* out = nullptr;
  if (!target.empty()) {
    TRY(make_folders(target.parent_path()));
    out = std::fopen(target.c_str(), "wb");
    if (out == nullptr) return fail(errno_error(errno, "write", target));
  }
  Status done = read_entry(reader, file, [&](std::string_view bytes) -> Status {
    TRY(sum.add(bytes));
    if (out == nullptr || std::fwrite(bytes.data(), 1, bytes.size(), out) == bytes.size()) {
      return {};
    }
    return fail(errno_error(errno, "write", target));
  });
  if (out != nullptr && std::fclose(out) != 0 && done) {
    done = fail(errno_error(errno, "write", target));
  }
  TRY(done);
  if (out != nullptr && ::chmod(target.c_str(), archive_entry_perm(entry)) != 0) {
    return fail(errno_error(errno, "write", target));
  }
  return sum.finish();
}

// What the file's own checksum says of it.
Result<std::vector<BrokenFile>> check_whole(const fs::path& file) {
  const std::string name = file.filename().string();
  const fs::path beside = file.string() + ".sha256";
  std::error_code code;
  if (!fs::exists(beside, code)) {
    return std::vector<BrokenFile>{
        {"missing_file", beside.filename().string(),
         fmt::format("\"{}\" is not there, without which nobody knows whether \"{}\" is as it was",
                     beside.string(), name)}};
  }
  TRY_ASSIGN(const std::string expected, read_file(beside));
  TRY_ASSIGN(const std::string found, checksum_line(file, name));
  if (expected == found) return std::vector<BrokenFile>{};
  return std::vector<BrokenFile>{
      {"damaged_file", name,
       fmt::format("\"{}\": SHA-256 is {}, was {} when the archive was made", file.string(),
                   found.substr(0, found.find(' ')), expected.substr(0, expected.find(' ')))}};
}

Result<std::vector<BrokenFile>> check_entries(const fs::path& file, const ArchiveManifest& manifest,
                                              const fs::path& folder) {
  std::vector<BrokenFile> out;
  std::map<std::string, const ArchivedFile*> expected;
  for (const ArchivedFile& one : manifest.files) expected[one.path] = &one;
  TRY_ASSIGN(const Reader reader, open_reader(file));
  while (true) {
    TRY_ASSIGN(archive_entry* const entry, next_entry(reader, file));
    if (entry == nullptr) break;
    const std::string name = name_below_id(entry);
    if (name == kManifest) continue;
    const auto at = expected.find(name);
    if (at == expected.end()) {
      out.push_back({"unexpected_file", name, fmt::format("\"{}\" is not of the archive", name)});
      continue;
    }
    const ArchivedFile& wanted = *at->second;
    expected.erase(at);
    TRY_ASSIGN(const std::string sha256,
               take_entry(reader, entry, file, folder.empty() ? folder : folder / wanted.path));
    if (sha256 == wanted.sha256) continue;
    out.push_back({"damaged_file", name,
                   fmt::format("\"{}\": SHA-256 is {}, was {} when the archive was made", name,
                               sha256, wanted.sha256)});
  }
  for (const auto& [name, one] : expected) {
    out.push_back({"missing_file", name,
                   fmt::format("\"{}\" is not there, it had {} bytes", name, one->bytes)});
  }
  return out;
}

}  // namespace

Status pack_archive(const fs::path& folder, const ArchiveManifest& manifest,
                    const std::string& format, const fs::path& target) {
  const Writer writer(archive_write_new());
  archive_write_set_format_pax_restricted(writer.get());
  const int filtered = format == "tar.gz" ? archive_write_add_filter_gzip(writer.get())
                                          : archive_write_add_filter_zstd(writer.get());
  if (!is_fine(filtered)) {
    return fail(ErrorKind::kUnsupported,
                fmt::format("libarchive cannot write {}: {}", format, said(writer.get())));
  }
  if (archive_write_open_filename(writer.get(), target.c_str()) != ARCHIVE_OK) {
    return cannot_write(writer.get(), target);
  }
  const std::string text = encode_manifest(manifest);
  TRY(begin_entry(writer.get(), manifest.id + "/" + kManifest, text.size(), 0644, target));
  TRY(write_bytes(writer.get(), text, target));
  for (const ArchivedFile& file : manifest.files) {
    TRY(write_file(writer.get(), folder / file.path, manifest.id + "/" + file.path, file.bytes,
                   target));
  }
  if (archive_write_close(writer.get()) != ARCHIVE_OK) return cannot_write(writer.get(), target);
  crash_point();
  return sync_file(target);
}

Result<std::string> checksum_line(const fs::path& file, const std::string& name) {
  TRY_ASSIGN(const std::string sha256, sha256_hex_of_file(file));
  return sha256 + "  " + name + "\n";
}

Result<ArchiveManifest> read_packed_manifest(const fs::path& file) {
  TRY_ASSIGN(const Reader reader, open_reader(file));
  TRY_ASSIGN(archive_entry* const entry, next_entry(reader, file));
  if (entry == nullptr || name_below_id(entry) != kManifest) {
    return corrupt(file, "it does not begin with a manifest");
  }
  TRY_ASSIGN(const std::string text, read_text(reader, file));
  return decode_manifest(text, file.string());
}

Result<std::vector<BrokenFile>> check_packed(const fs::path& file, const ArchiveManifest& manifest,
                                             const fs::path& folder) {
  TRY_ASSIGN(std::vector<BrokenFile> broken, check_whole(file));
  if (!broken.empty()) return broken;
  auto entries = check_entries(file, manifest, folder);
  if (entries || entries.error().kind != ErrorKind::kCorrupt) return entries;
  broken.push_back({"damaged_file", file.filename().string(), entries.error().message});
  return broken;
}

}  // namespace sluice
