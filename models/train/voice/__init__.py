"""Recipe of the English starter voice: texts, teacher, student, export, figures."""
