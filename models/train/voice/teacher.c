/* The teacher: one of flite's CMU voices, told which phones to speak.
 *
 * stdin:  one utterance a line: tokens apart by TAB, a token is  word|mark|phones
 * stdout: first the mixed-excitation filters (2 int32: bands, taps; then doubles), then for each
 *         line a record:
 *   int32 x6: 0x7EAC, segments, frames, channels, samples, sample rate
 *   segments x { char name[8]; float end_seconds; int32 token_index }
 *   frames x { float x channels: F0 in Hz then mel-cepstra after MLPG; float x 5: band strengths }
 *   samples x int16
 * The token feature `phones` overrides flite's own pronunciation, so that teacher and product
 * speak espeak-ng's phones alike and no alignment is ever needed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flite/cst_cg.h>
#include <flite/flite.h>

/* The compiler is told which: -DVOICE=register_cmu_us_rms */
cst_voice *VOICE(const char *voxdir);

static char line[1 << 16];

static void put(const void *data, size_t size, size_t count)
{
    if (fwrite(data, size, count, stdout) != count) {
        perror("teacher: write");
        exit(1);
    }
}

static void put_filters(const cst_cg_db *db)
{
    int shape[2] = {db->ME_num, db->ME_order};
    put(shape, sizeof(int), 2);
    for (int band = 0; band < db->ME_num; band++)
        put(db->me_h[band], sizeof(double), (size_t)db->ME_order);
}

static cst_utterance *utterance(cst_voice *voice, char *tokens)
{
    cst_utterance *u = new_utterance();
    char *rest = NULL;
    int index = 1;

    utt_init(u, voice);
    cst_relation *relation = utt_relation_create(u, "Token");
    for (char *word = strtok_r(tokens, "\t", &rest); word; word = strtok_r(NULL, "\t", &rest)) {
        char *mark = strchr(word, '|'), *phones = mark ? strchr(mark + 1, '|') : NULL;
        if (!phones) {
            fprintf(stderr, "teacher: token without two bars: %s\n", word);
            exit(1);
        }
        *mark++ = 0;
        *phones++ = 0;
        cst_item *item = relation_append(relation, NULL);
        item_set_string(item, "name", word);
        item_set_string(item, "whitespace", " ");
        item_set_string(item, "prepunctuation", "");
        item_set_string(item, "punc", mark);
        item_set_string(item, "phones", phones);
        item_set_int(item, "index", index++);
    }
    return utt_synth_tokens(u);
}

static void put_record(cst_utterance *u, cst_cg_db *db)
{
    cst_wave *wave = utt_wave(u);
    cst_track *bands = val_track(utt_feat_val(u, "str_track"));
    cst_track *smooth = mlpg(val_track(utt_feat_val(u, "param_track")), db);
    int segments = 0;
    for (cst_item *s = utt_rel_head(u, "Segment"); s; s = item_next(s))
        segments++;
    int head[6] = {0x7EAC, segments, smooth->num_frames, smooth->num_channels,
                   wave->num_samples, wave->sample_rate};
    put(head, sizeof(int), 6);
    for (cst_item *s = utt_rel_head(u, "Segment"); s; s = item_next(s)) {
        char name[8] = {0};
        float end = item_feat_float(s, "end");
        int index = ffeature_int(s, "R:SylStructure.parent.parent.R:Token.parent.index");
        strncpy(name, item_feat_string(s, "name"), sizeof name - 1);
        put(name, 1, sizeof name);
        put(&end, sizeof end, 1);
        put(&index, sizeof index, 1);
    }
    for (int i = 0; i < smooth->num_frames; i++) {
        put(smooth->frames[i], sizeof(float), (size_t)smooth->num_channels);
        put(bands->frames[i], sizeof(float), 5);
    }
    put(wave->samples, sizeof(short), (size_t)wave->num_samples);
    delete_track(smooth);
}

int main(void)
{
    flite_init();
    cst_voice *voice = VOICE(NULL);
    cst_cg_db *db = val_cg_db(feat_val(voice->features, "cg_db"));
    put_filters(db);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        cst_utterance *u = utterance(voice, line);
        put_record(u, db);
        delete_utterance(u);
    }
    return 0;
}
