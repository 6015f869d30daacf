#include "report/follow_report.h"

#include <fmt/format.h>

#include "base/text.h"
#include "report/json_parts.h"

namespace sluice {
namespace {

std::string messages_of(std::uint64_t count) {
  return fmt::format("{} message{}", format_count(count), count == 1 ? "" : "s");
}

}  // namespace

std::string render_text(const FollowReport& report, const TextStyle& style) {
  if (report.error) return "";
  std::string out = fmt::format(
      "{} of stream {} in {}: {} inserted into {}\n", messages_of(report.received), report.stream,
      fmt::format("{} batch{}", format_count(report.batches), report.batches == 1 ? "" : "es"),
      toned(format_count(report.inserted), Tone::kGood, style), report.table);
  if (report.dropped > 0) {
    out += fmt::format("  {} dropped: their key was there\n", messages_of(report.dropped));
  }
  if (report.redelivered > 0) {
    out += fmt::format("  {} came again, and had landed before\n", messages_of(report.redelivered));
  }
  if (report.dead > 0) {
    out += toned(fmt::format("  {} {} no row of the table", messages_of(report.dead),
                             report.dead == 1 ? "is" : "are"),
                 Tone::kBad, style) +
           fmt::format(": `sluice follow dead {} --table {}` lists them\n", report.target,
                       report.table);
  }
  for (const std::string& note : report.notes) out += "  " + printable(note) + "\n";
  return out + fmt::format("  {}, {}\n",
                           report.state == "done" ? "nothing is left" : "stopped when asked to",
                           format_duration(report.seconds));
}

std::string render_json(const FollowReport& report) {
  return document({{"state", report.state},
                   {"servers", report.servers},
                   {"stream", report.stream},
                   {"durable", report.durable},
                   {"target", report.target},
                   {"table", report.table},
                   {"batches", report.batches},
                   {"received", report.received},
                   {"inserted", report.inserted},
                   {"dropped", report.dropped},
                   {"redelivered", report.redelivered},
                   {"dead", report.dead},
                   {"reconnects", report.reconnects},
                   {"seconds", rounded(report.seconds)},
                   {"notes", report.notes},
                   {"error", report.error ? error_fields(*report.error) : Json(nullptr)}});
}

std::string render_text(const FollowStatusReport& report, const TextStyle& style) {
  std::string out = fmt::format("stream {} ({}): {}, {}, the newest is {}\n", report.stream,
                                join(report.subjects, ", "), messages_of(report.messages),
                                format_bytes(report.bytes), format_count(report.last));
  out += fmt::format(
      "consumer {}: {} behind: {} to come, {} under way, {} came again\n", report.durable,
      toned(messages_of(report.lag()), report.lag() == 0 ? Tone::kGood : Tone::kStrong, style),
      format_count(report.pending), format_count(report.ack_pending),
      format_count(report.redelivered));
  if (!report.landed) return out;
  const FollowStatusReport::Landed& landed = *report.landed;
  if (landed.changed_at.empty()) {
    return out +
           fmt::format("{} of {}: nothing of the stream is there\n", landed.table, landed.target);
  }
  return out +
         fmt::format("{} of {}: {} rows, {} dropped for their key, {} dead, up to {}, at {}\n",
                     landed.table, landed.target, format_count(landed.rows),
                     format_count(landed.dropped), format_count(landed.dead),
                     format_count(landed.last), landed.changed_at);
}

std::string render_json(const FollowStatusReport& report) {
  Json landed = nullptr;
  if (report.landed) {
    landed = {{"target", report.landed->target},
              {"table", report.landed->table},
              {"rows", report.landed->rows},
              {"dropped", report.landed->dropped},
              {"dead", report.landed->dead},
              {"last", report.landed->last},
              {"changed_at", text_or_null(report.landed->changed_at)}};
  }
  return document({{"servers", report.servers},
                   {"stream", report.stream},
                   {"subjects", report.subjects},
                   {"messages", report.messages},
                   {"bytes", report.bytes},
                   {"last", report.last},
                   {"durable", report.durable},
                   {"pending", report.pending},
                   {"ack_pending", report.ack_pending},
                   {"redelivered", report.redelivered},
                   {"lag", report.lag()},
                   {"landed", landed}});
}

std::string render_text(const DeadLetterReport& report, const TextStyle& style) {
  if (report.letters.empty()) return "no message is dead\n";
  TextTable table(
      {{"Stream"}, {"Message", Align::kRight}, {"At"}, {"Subject"}, {"Reason"}, {"Data"}});
  for (const FollowedLetter& letter : report.letters) {
    table.add({letter.stream, std::to_string(letter.sequence), letter.at, printable(letter.subject),
               printable(letter.reason), printable(letter.data)});
  }
  return table.render(style);
}

std::string render_json(const DeadLetterReport& report) {
  Json letters = Json::array();
  for (const FollowedLetter& letter : report.letters) {
    letters.push_back({{"stream", letter.stream},
                       {"sequence", letter.sequence},
                       {"subject", letter.subject},
                       {"reason", letter.reason},
                       {"data", letter.data},
                       {"at", letter.at}});
  }
  return document({{"target", report.target}, {"table", report.table}, {"letters", letters}});
}

std::string render_text(const FollowMoveReport& report, const TextStyle& style) {
  std::string out = fmt::format("{} of stream {} moved from {} to {}, {} were there before\n",
                                toned(messages_of(report.moved), Tone::kGood, style), report.stream,
                                report.source, report.target, format_count(report.there_before));
  if (report.left > 0) {
    out +=
        fmt::format("  {} came to {} since: move again\n", messages_of(report.left), report.source);
  }
  return out + fmt::format("  {}\n", format_duration(report.seconds));
}

std::string render_json(const FollowMoveReport& report) {
  return document({{"source", report.source},
                   {"target", report.target},
                   {"stream", report.stream},
                   {"moved", report.moved},
                   {"there_before", report.there_before},
                   {"left", report.left},
                   {"seconds", rounded(report.seconds)}});
}

}  // namespace sluice
