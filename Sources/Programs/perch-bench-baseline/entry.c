#include "baseline.h"

#include <string.h>

static int hex(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    digit |= 0x20;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static bool read_uuid(uint8_t id[16], const struct reply *text) {
    if (text->count != 36) return false;
    int place = 0;
    for (int index = 0; index < 36;) {
        if (text->text[index] == '-') {
            index++;
            continue;
        }
        int high = hex(text->text[index]), low = hex(text->text[index + 1]);
        if (high < 0 || low < 0 || place == 16) return false;
        id[place++] = (uint8_t)(high << 4 | low);
        index += 2;
    }
    return place == 16;
}

/// The number behind `name`, which stands in the text with its quotes and colon.
static bool read_number(int64_t *value, const struct reply *json, const char *name, size_t length) {
    const char *place = memmem(json->text, json->count, name, length);
    if (!place) return false;
    place += length;
    bool negative = *place == '-';
    if (negative) place++;
    if (*place < '0' || *place > '9') return false;
    int64_t number = 0;
    while (*place >= '0' && *place <= '9') number = number * 10 + (*place++ - '0');
    *value = negative ? -number : number;
    return true;
}

bool event_read(struct event *event, const struct reply *entry) {
    const struct reply *name = entry->elements[0], *fields = entry->elements[1];
    if (name->count >= sizeof event->entry_id) return false;
    memcpy(event->entry_id, name->text, name->count + 1);
    event->entry_id_length = (uint8_t)name->count;
    bool has_id = false, has_data = false;
    for (size_t index = 0; index + 1 < fields->count; index += 2) {
        const struct reply *field = fields->elements[index], *value = fields->elements[index + 1];
        if (field->count == 2 && memcmp(field->text, "id", 2) == 0) has_id = read_uuid(event->id, value);
        if (field->count == 4 && memcmp(field->text, "data", 4) == 0)
            has_data = read_number(&event->account, value, "\"account\":", 10)
                && read_number(&event->amount, value, "\"amount\":", 9);
    }
    return has_id && has_data;
}
