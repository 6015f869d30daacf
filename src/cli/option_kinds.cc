#include "cli/option_kinds.h"

#include "cli/define_options.h"
#include "cli/duration_text.h"
#include "base/size_text.h"

namespace sluice {

void add_word(CLI::App* command, const std::string& name, std::string& value,
              const std::vector<std::string>& words, const std::string& summary) {
  command
      ->add_option_function<std::string>(
          name,
          [name, words, &value](const std::string& text) {
            if (std::ranges::find(words, text) == words.end()) {
              value_or_throw<int>(fail(unknown_word(text, name, words)));
            }
            value = text;
          },
          summary)
      ->type_name(join(words, "|"));
}

void add_texts(CLI::App* command, const std::string& name, std::vector<std::string>& values,
               const std::string& type_name, const std::string& summary) {
  command->add_option(name, values, summary)->type_name(type_name)->allow_extra_args(false);
}

CLI::Option* add_file(CLI::App* command, const std::string& name, std::filesystem::path& value,
                      const std::string& summary) {
  return command
      ->add_option_function<std::string>(
          name, [&value](const std::string& text) { value = text; }, summary)
      ->type_name("FILE");
}

void add_text(CLI::App* command, const std::string& positional, std::string& value, bool required,
              const std::string& summary) {
  command->add_option(positional, value, summary)->type_name("")->required(required);
}

void add_selection(CLI::App* command, Selection& selection) {
  add_texts(command, "--table", selection.tables, "GLOB", "Only these tables; may be repeated");
  add_texts(command, "--exclude", selection.excludes, "GLOB", "Not these tables; may be repeated");
}

void add_renames(CLI::App* command, std::map<std::string, std::string>& renames) {
  command
      ->add_option_function<std::vector<std::string>>(
          "--rename",
          [&renames](const std::vector<std::string>& pairs) {
            for (const std::string& pair : pairs) {
              const std::size_t equals = pair.find('=');
              if (equals == std::string::npos || equals == 0 || equals + 1 == pair.size()) {
                throw CLI::ValidationError(
                    fmt::format("--rename: \"{}\" is not of the form OLD=NEW", pair));
              }
              renames[pair.substr(0, equals)] = pair.substr(equals + 1);
            }
          },
          "A table's name in the target; may be repeated")
      ->type_name("OLD=NEW")
      ->allow_extra_args(false);
}

void add_key(CLI::App* command, std::vector<std::string>& key, const std::string& summary) {
  command
      ->add_option_function<std::string>(
          "--key",
          [&key](const std::string& text) {
            for (const std::string& column : split(text, ',')) {
              if (trim(column).empty()) {
                throw CLI::ValidationError(
                    fmt::format("--key: \"{}\" has an empty column name", text));
              }
              key.emplace_back(trim(column));
            }
          },
          summary)
      ->type_name("COLUMNS");
}

void add_later(CLI::App* command, const std::string& name, const std::string& still_fine) {
  command
      ->add_option_function<std::string>(
          name,
          [name, still_fine](const std::string& value) {
            if (still_fine.empty() || value != still_fine) throw LaterFeature{name};
          },
          "")
      ->group("");
}

CLI::Option* add_moment(CLI::App* command, const std::string& name, std::string& value,
                        const std::string& summary) {
  return command->add_option(name, value, summary)->type_name("MOMENT");
}

void add_access(CLI::App* command, AccessWish& access) {
  command
      ->add_option("--owner", access.owner,
                   "Whose the catalog, the files and the folders are that a lake or a folder gets; "
                   "checked by reading as them")
      ->type_name("USER:GROUP");
  command->add_option("--file-mode", access.file_mode, "The mode of these files, such as 640")
      ->type_name("OCTAL");
  command->add_option("--dir-mode", access.dir_mode, "The mode of these folders, such as 750")
      ->type_name("OCTAL");
}

void add_size(CLI::App* command, const std::string& name, std::uint64_t& value,
              const std::string& summary) {
  command
      ->add_option_function<std::string>(
          name,
          [name, &value](const std::string& text) {
            auto size = parse_size(text);
            if (!size) size.error().message = name + ": " + size.error().message;
            value = value_or_throw(std::move(size));
          },
          summary)
      ->type_name("SIZE");
}

std::chrono::milliseconds duration_or_throw(const std::string& text, const std::string& name) {
  auto duration = parse_duration(text);
  if (!duration) duration.error().message = name + ": " + duration.error().message;
  return value_or_throw(std::move(duration));
}

}  // namespace sluice
