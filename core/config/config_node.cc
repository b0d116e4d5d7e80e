#include "core/config/config_node.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "core/base/check.h"
#include "core/config/scalar.h"

namespace nf {

std::string ConfigPlace::str() const {
  return line > 0 ? fmt::format("{}:{}:{}", source, line, column) : source;
}

struct ConfigNode::Data {
  Kind kind = Kind::null;
  std::string text;
  bool quoted = false;
  std::vector<ConfigNode> items;
  std::vector<ConfigEntry> entries;
  ConfigPlace place;
};

ConfigNode::ConfigNode() : ConfigNode(null({})) {}

ConfigNode::ConfigNode(std::shared_ptr<const Data> data, std::string path)
    : data_(std::move(data)), path_(std::move(path)) {}

ConfigNode ConfigNode::null(ConfigPlace place) {
  Data data;
  data.place = std::move(place);
  return ConfigNode(std::make_shared<const Data>(std::move(data)), "");
}

ConfigNode ConfigNode::scalar(std::string text, bool quoted, ConfigPlace place) {
  Data data;
  data.kind = Kind::scalar;
  data.text = std::move(text);
  data.quoted = quoted;
  data.place = std::move(place);
  return ConfigNode(std::make_shared<const Data>(std::move(data)), "");
}

ConfigNode ConfigNode::sequence(std::vector<ConfigNode> items, ConfigPlace place) {
  Data data;
  data.kind = Kind::sequence;
  data.items = std::move(items);
  data.place = std::move(place);
  return ConfigNode(std::make_shared<const Data>(std::move(data)), "");
}

ConfigNode ConfigNode::mapping(std::vector<ConfigEntry> entries, ConfigPlace place) {
  std::set<std::string_view> keys;
  for (const ConfigEntry& entry : entries) {
    NF_CHECK(keys.insert(entry.key).second, "key '{}' is given twice", entry.key);
  }
  Data data;
  data.kind = Kind::mapping;
  data.entries = std::move(entries);
  data.place = std::move(place);
  return ConfigNode(std::make_shared<const Data>(std::move(data)), "");
}

ConfigNode::Kind ConfigNode::kind() const { return data_->kind; }
const std::string& ConfigNode::text() const { return data_->text; }
bool ConfigNode::is_quoted() const { return data_->quoted; }
const ConfigPlace& ConfigNode::place() const { return data_->place; }

ConfigNode ConfigNode::child(const ConfigEntry& entry) const {
  return entry.value.with_path(path_.empty() ? entry.key : path_ + "." + entry.key);
}

std::vector<ConfigNode> ConfigNode::items() const {
  std::vector<ConfigNode> result;
  for (const ConfigNode& item : data_->items) {
    result.push_back(item.with_path(fmt::format("{}[{}]", path_, result.size())));
  }
  return result;
}

std::vector<ConfigEntry> ConfigNode::entries() const {
  std::vector<ConfigEntry> result;
  for (const ConfigEntry& entry : data_->entries) {
    result.push_back({entry.key, entry.key_place, child(entry)});
  }
  return result;
}

std::optional<ConfigNode> ConfigNode::find(std::string_view key) const {
  for (const ConfigEntry& entry : data_->entries) {
    if (entry.key == key) return child(entry);
  }
  return std::nullopt;
}

std::string ConfigNode::where() const {
  return path_.empty() ? place().str() : fmt::format("{}: {}", place().str(), path_);
}

ConfigNode ConfigNode::with_path(std::string path) const {
  return ConfigNode(data_, std::move(path));
}

ConfigNode ConfigNode::relocated(const ConfigPlace& place) const {
  Data data = *data_;
  data.place = place;
  for (ConfigNode& item : data.items) item = item.relocated(place);
  for (ConfigEntry& entry : data.entries) {
    entry.key_place = place;
    entry.value = entry.value.relocated(place);
  }
  return ConfigNode(std::make_shared<const Data>(std::move(data)), path_);
}

std::string describe(const ConfigNode& node) {
  switch (node.kind()) {
    case ConfigNode::Kind::null:
      return "an empty value";
    case ConfigNode::Kind::sequence:
      return "a list";
    case ConfigNode::Kind::mapping:
      return "a mapping";
    case ConfigNode::Kind::scalar:
      break;
  }
  constexpr std::size_t kMostShown = 60;  // bytes: the rest would only hide the message
  std::string text = node.text();
  if (text.size() > kMostShown) {
    std::size_t end = kMostShown;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
      --end;  // whole characters
    text = text.substr(0, end) + "...";
  }
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20U) c = ' ';
  }
  const char quote = node.is_quoted() ? '"' : '\'';
  return fmt::format("{}{}{}", quote, text, quote);
}

Json to_json(const ConfigNode& node) {
  switch (node.kind()) {
    case ConfigNode::Kind::null:
      return {};
    case ConfigNode::Kind::sequence: {
      Json json = Json::array();
      for (const ConfigNode& item : node.items()) json.push_back(to_json(item));
      return json;
    }
    case ConfigNode::Kind::mapping: {
      Json json = Json::object();
      for (const ConfigEntry& entry : node.entries()) json[entry.key] = to_json(entry.value);
      return json;
    }
    case ConfigNode::Kind::scalar:
      break;
  }
  if (!node.is_quoted()) {
    if (const auto value = parse_bool(node.text())) return *value;
    if (const auto value = parse_integer(node.text())) return *value;
    if (const auto value = parse_number(node.text())) return *value;
  }
  return node.text();
}

}  // namespace nf
