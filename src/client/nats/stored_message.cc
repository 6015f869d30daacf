// JetStream's API for one message is asked with JSON, since nats.c asks by a number alone, and a
// stream has gaps.

#include <fmt/format.h>
#include <openssl/evp.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "client/nats/classify.h"
#include "client/nats/message.h"

namespace sluice::nats {
namespace {

using Json = nlohmann::json;

std::string decode_base64(const std::string& text) {
  std::string out(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  // Padding comes out as zeros.
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  out.resize(size < 0 ? 0 : static_cast<std::size_t>(size) - padding);
  return out;
}

// "NATS/1.0\r\nName: value\r\n...\r\n\r\n"
std::vector<std::pair<std::string, std::string>> parse_headers(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> out;
  for (std::string line : split(text, '\n')) {
    if (line.ends_with('\r')) line.pop_back();
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    out.emplace_back(line.substr(0, colon), trim(std::string_view(line).substr(colon + 1)));
  }
  return out;
}

// 2024-01-02T03:04:05.123456789Z, with as many digits as are not 0.
std::int64_t parse_time(const std::string& text) {
  std::tm parts = {};
  const char* const rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return 0;
  std::string fraction;
  for (const char* at = *rest == '.' ? rest + 1 : rest; *at >= '0' && *at <= '9'; ++at) {
    fraction += *at;
  }
  fraction.resize(9, '0');
  std::int64_t nanoseconds = 0;
  std::from_chars(fraction.data(), fraction.data() + fraction.size(), nanoseconds);
  return static_cast<std::int64_t>(::timegm(&parts)) * 1'000'000'000 + nanoseconds;
}

Result<std::optional<StoredMessage>> parse_answer(std::string_view text, const std::string& doing) {
  const Json answer = Json::parse(text, nullptr, false);
  if (answer.is_discarded()) return fail(ErrorKind::kCorrupt, doing + ": the answer is no JSON");
  if (answer.contains("error")) {
    const auto code = static_cast<jsErrCode>(answer["error"].value("err_code", 0));
    if (code == JSNoMessageFoundErr) return std::nullopt;
    return fail(nats_error(NATS_ERR, code, doing));
  }
  const Json message = answer.value("message", Json::object());
  StoredMessage out;
  out.sequence = message.value("seq", std::uint64_t{0});
  out.subject = message.value("subject", "");
  out.time = parse_time(message.value("time", ""));
  out.data = decode_base64(message.value("data", ""));
  out.headers = parse_headers(decode_base64(message.value("hdrs", "")));
  return out;
}

}  // namespace

std::string StoredMessage::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return "";
}

Result<std::optional<StoredMessage>> next_stored(Connection& connection, const std::string& stream,
                                                 std::uint64_t sequence,
                                                 const std::string& subject) {
  const std::string doing = fmt::format("read message {} of stream {}", sequence, stream);
  const std::string ask =
      Json({{"seq", sequence}, {"next_by_subj", subject.empty() ? ">" : subject}}).dump();
  UniqueHandle<natsMsg*, natsMsg_Destroy> answer;
  const natsStatus status = natsConnection_RequestString(
      answer.out(), connection.raw(), ("$JS.API.STREAM.MSG.GET." + stream).c_str(), ask.c_str(),
      kAnswerWait.count());
  if (status != NATS_OK) return fail(nats_error(status, {}, doing));
  return parse_answer({natsMsg_GetData(answer.get()),
                       static_cast<std::size_t>(natsMsg_GetDataLength(answer.get()))},
                      doing);
}

}  // namespace sluice::nats
