/* The second teacher: an HTS voice (hts_engine API), given full-context labels by festival.
 *
 * arguments: the .htsvoice file; `waves` or `parameters` (no audio: ten times as fast)
 * stdin:  one phone a line, `word TAB label` (word 0: a pause); a line `end` closes an utterance
 * stdout: records as in teacher.c, without filters (0 bands of 0 taps); channels are F0 in Hz
 *         (0: unvoiced) and the voice's mel-cepstra, at the voice's own rate and frame period
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <HTS_engine.h>

#define MOST 4096

static char *labels[MOST];
static int words[MOST];

static void put(const void *data, size_t size, size_t count)
{
    if (fwrite(data, size, count, stdout) != count) {
        perror("teacher: write");
        exit(1);
    }
}

/* The phone stands between '-' and '+' of the label's first field. */
static void phone_of(const char *label, char name[8])
{
    const char *from = strchr(label, '-'), *to = from ? strchr(from, '+') : NULL;
    memset(name, 0, 8);
    if (to && to - from <= 8)
        memcpy(name, from + 1, (size_t)(to - from - 1));
}

static void put_record(HTS_Engine *engine, int segments, int wanted)
{
    if (HTS_Engine_generate_state_sequence_from_strings(engine, labels, (size_t)segments) != TRUE ||
        HTS_Engine_generate_parameter_sequence(engine) != TRUE ||
        (wanted && HTS_Engine_generate_sample_sequence(engine) != TRUE)) {
        fprintf(stderr, "teacher: cannot speak %s\n", labels[0]);
        exit(1);
    }
    int rate = (int)HTS_Engine_get_sampling_frequency(engine);
    double period = (double)HTS_Engine_get_fperiod(engine) / rate;
    size_t states = HTS_Engine_get_nstate(engine), frames = engine->pss.total_frame;
    /* The parameters themselves: the getters answer only after samples were made. */
    const HTS_PStream *spectrum = &engine->pss.pstream[0], *pitch = &engine->pss.pstream[1];
    size_t order = spectrum->vector_length, voiced = 0;
    size_t samples = wanted ? HTS_Engine_get_nsamples(engine) : 0;
    int head[6] = {0x7EAC, segments, (int)frames, (int)order + 1, (int)samples, rate};
    put(head, sizeof(int), 6);
    size_t end = 0;
    for (int i = 0; i < segments; i++) {
        char name[8];
        phone_of(labels[i], name);
        for (size_t state = 0; state < states; state++)
            end += HTS_Engine_get_state_duration(engine, (size_t)i * states + state);
        float seconds = (float)(end * period);
        put(name, 1, sizeof name);
        put(&seconds, sizeof seconds, 1);
        put(&words[i], sizeof(int), 1);
    }
    for (size_t frame = 0; frame < frames; frame++) {
        /* Pitch is stored for voiced frames only. */
        float value = pitch->msd_flag[frame] ? (float)exp(pitch->par[voiced++][0]) : 0.0f;
        put(&value, sizeof value, 1);
        for (size_t i = 0; i < order; i++) {
            value = (float)spectrum->par[frame][i];
            put(&value, sizeof value, 1);
        }
    }
    for (size_t i = 0; i < samples; i++) {
        double sample = HTS_Engine_get_generated_speech(engine, i);
        short small = (short)(sample > 32767 ? 32767 : sample < -32768 ? -32768 : sample);
        put(&small, sizeof small, 1);
    }
    HTS_Engine_refresh(engine);
}

int main(int count, char **arguments)
{
    static char line[1 << 12];
    HTS_Engine engine;
    int segments = 0, nothing[2] = {0, 0};

    if (count != 3) {
        fprintf(stderr, "usage: teacher_hts VOICE waves|parameters\n");
        return 2;
    }
    HTS_Engine_initialize(&engine);
    if (HTS_Engine_load(&engine, &arguments[1], 1) != TRUE) {
        fprintf(stderr, "teacher: cannot load %s\n", arguments[1]);
        return 1;
    }
    put(nothing, sizeof(int), 2);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        char *label = strchr(line, '\t');
        if (label && segments < MOST) {
            words[segments] = atoi(line);
            labels[segments++] = strdup(label + 1 + strspn(label + 1, " "));
        } else if (segments && strcmp(line, "end") == 0) {
            put_record(&engine, segments, strcmp(arguments[2], "waves") == 0);
            while (segments)
                free(labels[--segments]);
        }
    }
    HTS_Engine_clear(&engine);
    return 0;
}
