/* The third teacher: espeak-ng, for languages in which no better one is free.
 *
 * arguments: voice (e.g. de), words a minute
 * stdin:  one utterance a line, plain words and marks
 * stdout: records as in teacher.c, without filters (0 bands of 0 taps) and without frames
 *         (0 channels): segments are the phones in IPA with their ends, the word is 0 for all
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <espeak-ng/speak_lib.h>

#define MOST_PHONES 4096
#define MOST_SAMPLES (22050 * 60)

static short samples[MOST_SAMPLES];
static int sample_count, phone_count, rate;
static struct {
    char name[8];
    int start;
} phones[MOST_PHONES];

static void put(const void *data, size_t size, size_t count)
{
    if (fwrite(data, size, count, stdout) != count) {
        perror("teacher: write");
        exit(1);
    }
}

static int heard(short *wave, int count, espeak_EVENT *event)
{
    if (wave && count > 0 && sample_count + count <= MOST_SAMPLES) {
        memcpy(samples + sample_count, wave, (size_t)count * sizeof(short));
        sample_count += count;
    }
    for (; event->type != espeakEVENT_LIST_TERMINATED; event++)
        if (event->type == espeakEVENT_PHONEME && phone_count < MOST_PHONES) {
            memcpy(phones[phone_count].name, event->id.string, 8);
            phones[phone_count++].start = event->sample;
        }
    return 0;
}

int main(int count, char **arguments)
{
    static char line[1 << 14];
    int nothing[2] = {0, 0};

    if (count != 3) {
        fprintf(stderr, "usage: teacher_espeak VOICE RATE\n");
        return 2;
    }
    rate = espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, NULL,
                             espeakINITIALIZE_PHONEME_EVENTS | espeakINITIALIZE_PHONEME_IPA);
    if (rate <= 0 || espeak_SetVoiceByName(arguments[1]) != EE_OK) {
        fprintf(stderr, "teacher: espeak-ng has no voice %s\n", arguments[1]);
        return 1;
    }
    espeak_SetParameter(espeakRATE, atoi(arguments[2]), 0);
    espeak_SetSynthCallback(heard);
    put(nothing, sizeof(int), 2);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        sample_count = phone_count = 0;
        if (espeak_Synth(line, strlen(line) + 1, 0, POS_CHARACTER, 0, espeakCHARS_UTF8, NULL,
                         NULL) != EE_OK) {
            fprintf(stderr, "teacher: cannot speak %s\n", line);
            return 1;
        }
        int head[6] = {0x7EAC, phone_count, 0, 0, sample_count, rate}, word = 0;
        put(head, sizeof(int), 6);
        for (int i = 0; i < phone_count; i++) {
            int next = i + 1 < phone_count ? phones[i + 1].start : sample_count;
            float end = (float)next / (float)rate;
            put(phones[i].name, 1, 8);
            put(&end, sizeof end, 1);
            put(&word, sizeof word, 1);
        }
        put(samples, sizeof(short), (size_t)sample_count);
    }
    return 0;
}
