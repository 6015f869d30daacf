#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/file.h"
#include "base/sha256.h"
#include "base/text.h"
#include "journal/certificate.h"

namespace sluice {
namespace {

constexpr const char* kDigest = "0000000000000000000000000000abcd";

Certificate certificate() {
  Certificate out{"01JA0000000000000000000000", "sqlite:a.db", "duckdb:b.duckdb",    1,
                  "2026-01-02T03:04:05.678Z",   "0.1.0",       std::string(64, 'e'), {}};
  out.tables.push_back({"t",
                        "main.t",
                        {"content", 3, 3, kDigest, kDigest, 0},
                        kDigest,
                        3,
                        {{"x", "as_text", true}}});
  out.tables.push_back({"u", "main.u", {"counts", 0, 0, "", "", 0}, kDigest, 0, {}});
  return out;
}

TEST(JournalCertificate, LinesAreAsDocumented) {
  const std::vector<std::string> lines = split(encode_certificate(certificate()), '\n');
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[0],
            R"({"sluice_certificate":1,"run":"01JA0000000000000000000000","source":"sqlite:a.db",)"
            R"("target":"duckdb:b.duckdb","digest_version":1,)"
            R"("created_at":"2026-01-02T03:04:05.678Z","sluice_version":"0.1.0","journal_hash":")" +
                std::string(64, 'e') + R"(","prev":""})");
  EXPECT_EQ(lines[1], R"({"source":"t","target":"main.t","rows_source":3,"rows_target":3,)"
                      R"("digest_source":"0000000000000000000000000000abcd",)"
                      R"("digest_target":"0000000000000000000000000000abcd",)"
                      R"("digest_published":"0000000000000000000000000000abcd","rows_published":3,)"
                      R"("verified":"content",)"
                      R"("losses":[{"column":"x","reason":"as_text","accepted":true}],"prev":")" +
                          sha256_hex(lines[0]) + "\"}");
  const std::string end = R"({"end":true,"tables":2,"prev":")" + sha256_hex(lines[2]) + "\"";
  EXPECT_EQ(lines[3], end + ",\"hash\":\"" + sha256_hex(end) + "\"}");
  EXPECT_EQ(lines[4], "");
}

TEST(JournalCertificate, ReadsWhatItWrote) {
  const auto read = decode_certificate(encode_certificate(certificate()), "c");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->run, "01JA0000000000000000000000");
  EXPECT_EQ(read->created_at, "2026-01-02T03:04:05.678Z");
  ASSERT_EQ(read->tables.size(), 2u);
  EXPECT_EQ(read->tables[0].comparison.rows_target, 3u);
  EXPECT_EQ(read->tables[0].comparison.digest_target, kDigest);
  EXPECT_EQ(read->tables[0].comparison.level, "content");
  EXPECT_EQ(read->tables[0].losses[0].reason, "as_text");
}

TEST(JournalCertificate, AChangeOfAnyByteIsFound) {
  const std::string text = encode_certificate(certificate());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const auto read = decode_certificate(changed, "c");
    ASSERT_FALSE(read) << "byte " << i;
    EXPECT_EQ(read.error().kind, ErrorKind::kCorrupt) << "byte " << i;
  }
}

TEST(JournalCertificate, CutAndExtendedTextIsFound) {
  const std::string text = encode_certificate(certificate());
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(decode_certificate(text.substr(0, size), "c")) << size;
  }
  EXPECT_FALSE(decode_certificate(text + "\n", "c"));
  EXPECT_FALSE(decode_certificate(text + "{}\n", "c"));
  EXPECT_FALSE(decode_certificate(text + text, "c"));
}

TEST(JournalCertificate, TheChangedLineIsNamed) {
  const std::string text = encode_certificate(certificate());
  const auto changed = [&](const std::string& old_text, const std::string& new_text) {
    return decode_certificate(replace_all(text, old_text, new_text), "c").error().message;
  };
  EXPECT_EQ(changed("sqlite:a.db", "sqlite:x.db"),
            "certificate \"c\", line 1: changed after it was written");
  EXPECT_EQ(changed("\"rows_target\":3", "\"rows_target\":4"),
            "certificate \"c\", line 2: changed after it was written");
  EXPECT_EQ(changed("\"tables\":2", "\"tables\":3"),
            "certificate \"c\", line 4: changed after it was written");
}

TEST(JournalCertificate, IsMadeOfAVerifiedRunAlone) {
  RunRecord record;
  record.run = "01JA0000000000000000000000";
  record.source = "sqlite:a.db";
  record.target = "duckdb:b.duckdb";
  std::vector<StoredEvent> events;
  const auto add = [&](const Event& event) {
    events.push_back({static_cast<std::int64_t>(events.size()) + 1, 1767323045678, "", "", "",
                      "h" + std::to_string(events.size()), event});
  };
  EXPECT_FALSE(make_certificate(record, events));
  add(Started{{{"t", "main.t", 1, {}}}, {}});
  add(ChunkLanded{0, 0, 3, kDigest, 30, 0.1});
  add(TableCopied{0});
  EXPECT_EQ(make_certificate(record, events).error().message,
            "no certificate: table \"main.t\" is not verified");
  add(TableVerified{0, {"content", 3, 3, kDigest, kDigest, 0.1}});
  const auto made = make_certificate(record, events);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->created_at, "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(made->journal_hash, "h3");

  std::string folder = (std::filesystem::temp_directory_path() / "sluice-cert-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const auto path = write_certificate(folder, *made);
  ASSERT_TRUE(path);
  EXPECT_EQ(*path, folder + "/certificates/01JA0000000000000000000000.jsonl");
  EXPECT_EQ(read_certificate(*path)->tables[0].target, "main.t");
  EXPECT_EQ(read_certificate(folder + "/none").error().kind, ErrorKind::kNotFound);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace sluice
